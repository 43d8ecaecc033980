// The result as Markdown: medians, and how many times better than a peer. Above 1 is always good for us, whatever the unit.
import { rangeOf, timesBetter, withSpread } from './numbers.mjs';

const RATIOS = [
  ['standalone', 'distribution-3'],
  ['services', 'distribution-3'],
  ['standalone', 'zot'],
  ['standalone-encrypted', 'zot'],
  ['services', 'zot'],
];

const VERDICTS = new Map([
  [true, 'met'],
  [false, '**missed**'],
  [null, 'not measured'],
]);

/** The targets, the table of medians, and the candidates that were not measured. */
export function tableOf(result) {
  const measured = result.candidates.filter(({ missing }) => !missing);
  const ratios = RATIOS.filter((pair) => pair.every((id) => measured.some((each) => each.id === id)));
  const head = ['case', 'unit', ...measured.map(({ title }) => title), ...ratios.map((pair) => pair.join(' ÷ '))];
  const rows = result.cases.map((each) => {
    const values = result.medians[each.id];
    const cells = measured.map(({ id }) => withSpread(values[id], result.spreads[each.id][id]));
    const times = ratios.map(([ours, theirs]) => timesBetter(each.better, values[ours], values[theirs]));
    return [each.title, each.unit, ...cells, ...times.map((ratio) => ratio?.toFixed(2) ?? '–')];
  });
  return [
    targetTable(result),
    '',
    markdown(head, rows, 2),
    '',
    ...absent(result.candidates),
    ...unsupported(result),
  ].join('\n');
}

/** The result of `--scale`. */
export function scaleTableOf({ cases, medians, spreads, candidates, targets }) {
  const rows = cases.map((each) => {
    const { reached, rounds, factor, met } = targets.find((target) => target.case === each.id);
    const cells = candidates.map(({ id }) => withSpread(medians[each.id][id], spreads[each.id][id]));
    return [each.title, each.unit, ...cells, reached.toFixed(2), rangeOf(rounds), `≥ ${factor}: ${VERDICTS.get(met)}`];
  });
  const head = ['case', 'unit', ...candidates.map(({ title }) => title), 'large ÷ small', 'in the rounds', 'target'];
  return markdown(head, rows, 2);
}

function targetTable({ targets, cases }) {
  const titleOf = (id) => cases.find((each) => each.id === id)?.title ?? id;
  const rows = targets.map((target) => {
    const { candidate, factor, ofCase, reached, rounds } = target;
    const peer = ofCase ? `itself, ${titleOf(ofCase)}` : target.peer;
    const wanted = `${candidate} ≥ ${factor} × ${peer}`;
    const cells = [reached?.toFixed(2) ?? '–', rangeOf(rounds), VERDICTS.get(target.met)];
    return [String(target.issue), titleOf(target.case), wanted, ...cells];
  });
  return markdown(['issue', 'case', 'target', 'reached', 'in the rounds', ''], rows, 3);
}

/** The first `texts` columns are aligned left, all others right. */
function markdown(head, rows, texts) {
  const rule = head.map((_, index) => (index < texts ? '---' : '--:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const absent = (candidates) =>
  candidates
    .filter(({ missing }) => missing)
    .flatMap(({ title, missing }) => [`Not measured: ${title}: ${missing}.`, '']);

/** Why a cell is empty, once per candidate and case. */
function unsupported({ measurements, candidates, cases }) {
  const title = (list, id) => list.find((each) => each.id === id).title;
  return measurements
    .filter((each) => each.unsupported && each.round === 1 && !each.case.startsWith('memory'))
    .map((each) => `Empty: ${title(cases, each.case)}: ${title(candidates, each.candidate)} ${each.unsupported}.`)
    .flatMap((line) => ['', line])
    .slice(1);
}
