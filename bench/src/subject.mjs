// One candidate that runs and holds the content: what the cases measure.
import { fill } from './content/fill.mjs';
import { verify } from './content/verify.mjs';
import { RegistryClient } from './client/registry-client.mjs';
import { cpuOf, memoryOf } from './processes/tree.mjs';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../../tools/progress.mjs';

const CONNECTIONS = 64;
const SETTLE_MS = 60_000;
/** Of CPU within a second: heartbeats, no work. */
const QUIET_SECONDS = 0.15;

/**
 * Starts a candidate, pushes the parts of the content that are needed and proves the answers. Answers { candidate, missing } where it is not
 * to be had here, else { candidate, server, base, client, content, wrk, preparation }.
 */
export async function prepareSubject(candidate, { content, needs, size, wrk, profileFolder }) {
  say(`${candidate.title}: starting`);
  const { server, credentials, allowTags, missing } = await candidate.start({ profileFolder });
  if (missing) return { candidate, missing };
  const client = new RegistryClient({ base: server.base, credentials, connections: CONNECTIONS });
  const memoryAtStart = memoryOf(server.pid);
  say(`${candidate.title}: pushing the content`);
  const start = performance.now();
  await allowTags?.(size.tags * 2);
  const { tagPutMs } = await fill(client, content, { needs, size });
  const seconds = (performance.now() - start) / 1_000;
  const settleSeconds = await settled(server.pid);
  await verify(client, content, needs);
  const preparation = { seconds, settleSeconds, memoryAtStart, tagPutMs: everyTenth(tagPutMs) };
  return { candidate, server, base: server.base, client, content, wrk, preparation };
}

/** Waits until the candidate has done what it does after a push (events, statistics), a minute at most; answers the seconds that took. */
async function settled(pid) {
  const used = () => Object.values(cpuOf(pid)).reduce((sum, seconds) => sum + seconds, 0);
  const start = performance.now();
  for (let before = used(); performance.now() - start < SETTLE_MS;) {
    await sleep(1_000);
    const now = used();
    if (now - before < QUIET_SECONDS) break;
    before = now;
  }
  return Math.round((performance.now() - start) / 1_000);
}

// The curve of 3,000 values is as clear with 300.
const everyTenth = (numbers) => numbers.filter((_, index) => index % 10 === 9).map((ms) => Number(ms.toFixed(2)));
