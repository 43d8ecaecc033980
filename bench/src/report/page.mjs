// Puts the latest complete result into bench/README.md, between two marks.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from '../../../tools/root.mjs';
import { tableOf } from './table.mjs';

const BEGIN = '<!-- result: written by npm run bench -->';
const END = '<!-- end of result -->';
/** Above this load something else was running. */
const QUIET = 0.5;

/** Rewrites the part of the page between the marks; throws when they are gone. */
export function writePage(result, file) {
  const page = join(root, 'bench', 'README.md');
  const text = readFileSync(page, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`${page} has lost the marks around the result.`);
  const part = [BEGIN, '', where(result, file), '', tableOf(result), '', ''].join('\n');
  writeFileSync(page, text.slice(0, begin) + part + text.slice(end));
}

function where({ startedAt, machine, size, candidates }, file) {
  const { cpu, cores, memoryGiB, system, node, commit, uncommitted, loadBefore } = machine;
  const load =
    loadBefore > QUIET
      ? ` **Provisional**: the machine was not quiet (load ${loadBefore.toFixed(1)} before the start).`
      : '';
  const lines = [
    `Measured ${startedAt.slice(0, 16).replace('T', ' ')} UTC at ${commit}${uncommitted ? ' with uncommitted changes' : ''}: ${cores} × ${cpu},`,
    `${memoryGiB} GiB, ${system}, Node ${node} as load; medians of ${size.rounds} interleaved rounds, ${size.seconds} s a load.${load}`,
    `Raw: [${basename(file)}](results/${basename(file)}).`,
    '',
    ...candidates.map(({ title, notes }) => `- ${title}: ${notes}`),
  ];
  return lines.join('\n');
}
