// Programs that are only to be had as Go modules, built once into the cache.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, say } from '../../../tools/progress.mjs';
import { cacheDirectory } from './cache.mjs';
import { findOnPath } from './find-on-path.mjs';

const BUILD_TIMEOUT_MS = 600_000;

/** Answers { program, env } or { missing: why }. `name` is the file's name in the cache, with the release that it holds. */
export async function fromGo(name, module, built) {
  const folder = join(cacheDirectory, 'go');
  const program = join(folder, name);
  if (existsSync(program)) return { program, env: {} };
  if (!findOnPath('go')) return { missing: `${name} is built with Go, and there is no Go on the PATH` };
  mkdirSync(folder, { recursive: true });
  say(`building ${name} with Go (once, some minutes) …`);
  const building = join(folder, `building-${process.pid}`);
  const args = ['-n', '10', 'go', 'install', module];
  const env = { ...process.env, GOBIN: building };
  const { code, output } = await run('nice', args, { env, doing: `building ${name}`, timeoutMs: BUILD_TIMEOUT_MS });
  if (code !== 0) return { missing: `${name} could not be built with Go: ${output.split('\n').at(-1)}` };
  renameSync(join(building, built), program);
  rmSync(building, { recursive: true, force: true });
  return { program, env: {} };
}
