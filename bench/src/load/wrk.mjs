// GET loads with wrk: it takes a tenth of what it measures, where a generator in Node would take as much.
import { run } from '../../../tools/progress.mjs';
import { fileURLToPath } from 'node:url';
import { fromDebian } from '../programs/debian.mjs';

const script = fileURLToPath(new URL('./requests.lua', import.meta.url));

/** wrk as { program, env }, or { missing }. Debian builds it against either of two LuaJITs; one of them is enough. */
export const findWrk = () => fromDebian('wrk', ['wrk', 'libluajit2-5.1-2']);

/** Runs one load; see load.mjs for its shape. */
export async function runWrk({ program, env }, { base, file, accept, connections, seconds }) {
  const args = ['-t1', `-c${connections}`, `-d${Math.ceil(seconds)}s`, '--timeout', '10s', '-s', script, base];
  const { code, output } = await run(program, args, {
    env: { ...process.env, ...env, BENCH_REQUESTS: file, BENCH_ACCEPT: accept },
    timeoutMs: seconds * 1_000 + 60_000,
  });
  const line = /^bench (.*)$/m.exec(output);
  if (code !== 0 || !line) throw new Error(`wrk ended with ${code}: ${output}`);
  return JSON.parse(line[1]);
}
