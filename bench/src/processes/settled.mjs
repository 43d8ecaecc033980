import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf } from './tree.mjs';

const WINDOW_MS = 200;
/** Part of a core: heartbeats, no work. */
const QUIET = 0.15;

/**
 * Waits until a candidate has done what it does after pushes and logins (events, statistics), `mostMs` at most, so that the next case doesn't pay
 * for the one before. Answers the seconds that took.
 */
export async function settled(pid, mostMs) {
  const used = () => Object.values(cpuOf(pid)).reduce((sum, seconds) => sum + seconds, 0);
  const start = performance.now();
  for (let before = used(); performance.now() - start < mostMs;) {
    await sleep(WINDOW_MS);
    const now = used();
    if (now - before <= (QUIET * WINDOW_MS) / 1_000) break;
    before = now;
  }
  return Number(((performance.now() - start) / 1_000).toFixed(1));
}
