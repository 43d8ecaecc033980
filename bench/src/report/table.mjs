// The result as Markdown: medians, and how many times better than a peer. Above 1 is always good for us, whatever the unit.
const RATIOS = [
  ['standalone', 'distribution-3'],
  ['services', 'distribution-3'],
  ['standalone', 'zot'],
];

/** The table of medians, the candidates that were not measured, and the targets. */
export function tableOf(result) {
  const measured = result.candidates.filter(({ missing }) => !missing);
  const ratios = RATIOS.filter((pair) => pair.every((id) => measured.some((each) => each.id === id)));
  const head = ['case', 'unit', ...measured.map(({ title }) => title), ...ratios.map(ratioTitle)];
  const rows = result.cases.map((each) => {
    const values = result.medians[each.id];
    const cells = measured.map(({ id }) => formatted(values[id]));
    return [each.title, each.unit, ...cells, ...ratios.map((pair) => ratioOf(each, values, pair))];
  });
  const lines = [head, head.map((_, index) => (index < 2 ? '---' : '--:')), ...rows].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
  return [...lines, '', ...absent(result.candidates), ...unsupported(result), '', ...targetLines(result)].join('\n');
}

const ratioTitle = ([ours, theirs]) => `${ours} ÷ ${theirs}`;

function ratioOf({ better }, values, [ours, theirs]) {
  if (values[ours] === undefined || values[theirs] === undefined) return '–';
  const ratio = better === 'more' ? values[ours] / values[theirs] : values[theirs] / values[ours];
  return ratio.toFixed(2);
}

const formatted = (value) =>
  value === undefined ? '–' : value.toLocaleString('en-US', { maximumSignificantDigits: 4 });

const absent = (candidates) =>
  candidates.filter(({ missing }) => missing).map(({ title, missing }) => `Not measured: ${title}: ${missing}.`);

/** Why a cell is empty, once per candidate and case. */
function unsupported({ measurements, candidates, cases }) {
  const title = (list, id) => list.find((each) => each.id === id).title;
  return measurements
    .filter((each) => each.unsupported && each.round === 1 && !each.case.startsWith('memory'))
    .map((each) => `Empty: ${title(cases, each.case)}: ${title(candidates, each.candidate)} ${each.unsupported}.`)
    .flatMap((line) => ['', line])
    .slice(1);
}

function targetLines({ targets, cases }) {
  const rows = targets.map((target) => {
    const title = cases.find(({ id }) => id === target.case)?.title ?? target.case;
    const verdict = target.met === null ? 'not measured' : target.met ? 'met' : '**missed**';
    return `| ${title} | ${target.candidate} ≥ ${target.factor} × ${target.peer} | ${target.reached ?? '–'} | ${verdict} |`;
  });
  return ['| target | | reached | |', '| --- | --- | --: | --- |', ...rows];
}
