import { AsyncLocalStorage } from 'node:async_hooks';
import { DatabaseUnavailable } from './database-errors.js';

const until = new AsyncLocalStorage<number>();

/** Whoever asked for this has given up, and may have asked somebody else since: it must not happen any more. */
export class AskedTooLongAgo extends DatabaseUnavailable {
  override readonly name = 'AskedTooLongAgo';
  override readonly code = 'ASKED_TOO_LONG_AGO';
}

/**
 * Runs `work`, whose asker waits until `expires` (milliseconds since 1970) and no longer: transactions of it that would commit later are
 * rolled back. A process that was held up in the middle so can't undo what others were told `201` for meanwhile.
 */
export function askedUntil<T>(expires: number, work: () => T): T {
  return until.run(expires, work);
}

/** Throws `AskedTooLongAgo`. Called with the transaction's locks held, so whatever conflicts with it comes wholly before or after. */
export function requireStillAsked(now = Date.now()): void {
  const expires = until.getStore();
  if (expires !== undefined && now >= expires) throw new AskedTooLongAgo('the asker has given up');
}
