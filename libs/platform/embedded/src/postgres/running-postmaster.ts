import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedLogger } from '../embedded-logger.js';
import { hasEnded, runsOn, stopProcess, type StopStep } from '../processes/process-identity.js';
import { StartRefusedError } from '../start-refused.error.js';

/** Fast, then immediate shutdown. https://www.postgresql.org/docs/18/server-shutdown.html */
export const POSTGRES_STOP: readonly StopStep[] = [
  { signal: 'SIGINT', waitMs: 8_000 },
  { signal: 'SIGQUIT', waitMs: 8_000 },
];

/** What `postmaster.pid` says: line 1 is the process, line 8 its state. */
export function postmaster(folder: string): { pid: number; ready: boolean } | null {
  try {
    const lines = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    return Number.isSafeInteger(pid) && pid > 0 ? { pid, ready: lines[7]?.trim() === 'ready' } : null;
  } catch {
    return null;
  }
}

/**
 * Ends the Postgres that an Entrepot which was killed left behind on this cluster. A process that only happens to have the number in
 * `postmaster.pid` is left alone, and the file removed: Postgres itself would take it for its predecessor.
 */
export async function endForgottenPostgres(folder: string, logger: EmbeddedLogger): Promise<void> {
  const left = postmaster(folder);
  if (!left) return;
  if (!runsOn(left.pid, 'postgres', folder)) {
    rmSync(join(folder, 'postmaster.pid'), { force: true });
    return;
  }
  logger.warn({ pid: left.pid }, 'stopping the Postgres that an earlier run left behind');
  await stopProcess(left.pid, POSTGRES_STOP);
  if (!(await hasEnded(left.pid, 0))) {
    throw new StartRefusedError(
      `Postgres (process ${left.pid}) of an earlier run still works on ${folder} and does not end: end it, then start again.`,
    );
  }
}
