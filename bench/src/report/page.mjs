// Puts the latest complete results into bench/README.md, each between two marks.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from '../../../tools/root.mjs';

const MARKS = {
  peers: ['<!-- result: written by npm run bench -->', '<!-- end of result -->'],
  scale: ['<!-- result: written by npm run bench -- --scale -->', '<!-- end of the result of --scale -->'],
};
/** Above this load something else was running. */
const QUIET = 0.5;

/** Rewrites the part of the page for this `kind` of result ('peers' or 'scale'); throws when its marks are gone. `table` is its Markdown. */
export async function writePage(kind, result, table, file) {
  const page = join(root, 'bench', 'README.md');
  const text = readFileSync(page, 'utf8');
  const [begin, end] = MARKS[kind].map((mark) => text.indexOf(mark));
  if (begin === -1 || end < begin) throw new Error(`${page} has lost the marks around the result.`);
  const part = [MARKS[kind][0], '', where(result, file), '', table, '', ''].join('\n');
  // Only here, as all else runs before anything is installed.
  const { format, resolveConfig } = await import('prettier');
  const options = { ...(await resolveConfig(page)), filepath: page };
  writeFileSync(page, await format(text.slice(0, begin) + part + text.slice(end), options));
}

function where({ startedAt, machine, size, candidates }, file) {
  const { cpu, cores, memoryGiB, system, node, commit, uncommitted, loadBefore } = machine;
  const load =
    loadBefore > QUIET
      ? ` **Provisional**: the machine was not quiet (load ${loadBefore.toFixed(1)} before the start).`
      : '';
  const lines = [
    `Measured ${startedAt.slice(0, 16).replace('T', ' ')} UTC at ${commit}${uncommitted ? ' with uncommitted changes' : ''}: ${cores} × ${cpu},`,
    `${memoryGiB} GiB, ${system}, Node ${node} as load; ${size.rounds === 1 ? '1 round' : `medians of ${size.rounds} interleaved rounds`},`,
    `${lengthOf(size)}; ± is the furthest round from the median.${load}`,
    `Raw: [${basename(file)}](results/${basename(file)}).`,
    '',
    ...candidates.map(({ title, notes }) => `- ${title}: ${notes}`),
  ];
  return lines.join('\n');
}

const lengthOf = ({ seconds, targetSeconds }) =>
  seconds === targetSeconds
    ? `${seconds} s a load`
    : `${seconds} s a load, ${targetSeconds} s where a target depends on it`;
