// Loads of many small requests, over connections that are kept.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { node26 } from '../../../tools/node26.mjs';
import { runWrk } from './wrk.mjs';

const sockets = fileURLToPath(new URL('./sockets.mjs', import.meta.url));

/** How many times longer a load gets when nothing came of it. */
const LONGER = 10;

/** What docker sends with a pull, shortened to the types that are there. */
export const ACCEPT = 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, */*';

/**
 * Sends the requests ([{ path, authorization }], chosen at random) for some seconds. Answers { requests, seconds, errors, p50Ms, p99Ms, perSecond,
 * generator }; throws when a single answer was not a 200, or none came. `wrk` is { program, env } or { missing }.
 */
export async function load({ wrk, base, requests, method, connections, seconds }) {
  const folder = mkdtempSync(join(tmpdir(), 'entrepot-bench-load-'));
  const file = join(folder, 'requests');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // It holds tokens: it goes even when a signal ends the run.
  process.once('exit', remove);
  writeFileSync(file, requests.map(({ path, authorization }) => `${path}\t${authorization ?? ''}\n`).join(''), {
    mode: 0o600,
  });
  // wrk knows whole seconds only.
  const byWrk = method === 'GET' && !wrk.missing && seconds >= 1;
  const run = (length) => {
    const settings = { base, file, method, accept: ACCEPT, connections, seconds: length };
    return byWrk ? runWrk(wrk, settings) : runSockets(settings);
  };
  try {
    let result = await run(seconds);
    // So slow that no connection had its first answer: it gets its time rather than end the run.
    if (result.errors === 0 && result.requests === 0) result = await run(seconds * LONGER);
    if (result.errors > 0 || result.requests === 0) {
      throw new Error(`${result.errors} of ${result.requests} answers to ${method} ${requests[0].path} … failed`);
    }
    return { ...result, perSecond: result.requests / result.seconds, generator: byWrk ? 'wrk' : 'sockets' };
  } finally {
    process.off('exit', remove);
    remove();
  }
}

async function runSockets({ base, seconds, ...settings }) {
  const argument = JSON.stringify({ ...settings, seconds, port: Number(new URL(base).port) });
  const { stdout } = await promisify(execFile)(node26(), [sockets, argument], { timeout: seconds * 1_000 + 60_000 });
  return JSON.parse(stdout);
}
