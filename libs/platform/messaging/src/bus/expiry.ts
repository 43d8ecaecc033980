import type { MsgHdrs } from '@nats-io/transport-node';
import type { PlatformLogger } from '@entrepot/platform-persistence';

/** Until when the asker of a question that changes something waits, in milliseconds since 1970. The clocks of the hosts must agree. */
export const EXPIRES_HEADER = 'Entrepot-Expires';

/** How often it is said that questions are dropped: a process that was held up finds hundreds at once. */
const SAY_EVERY_MS = 1_000;

/** When the question expires; null when it never does. */
export function expiryOf(headers: MsgHdrs | undefined): number | null {
  const text = headers?.get(EXPIRES_HEADER) ?? '';
  return /^[0-9]{1,16}$/.test(text) ? Number(text) : null;
}

/**
 * Refuses questions whose askers have given up: they may have asked another replica since, and been told that it is done. What waited for a
 * process that was held up must have no effect any more.
 */
export class ExpiredQuestions {
  #dropped = 0;
  #saidAt = -Infinity;

  constructor(private readonly logger: PlatformLogger) {}

  /** Whether the question must be dropped, unanswered: nobody waits for the answer. */
  drop(subject: string, expires: number, now = Date.now()): boolean {
    if (now < expires) return false;
    this.#dropped += 1;
    if (now - this.#saidAt < SAY_EVERY_MS) return true;
    this.#saidAt = now;
    this.logger.warn(
      { subject, lateMs: now - expires, dropped: this.#dropped },
      'questions had expired when they came to be handled: this process was held up, or the clocks of the hosts differ',
    );
    return true;
  }
}
