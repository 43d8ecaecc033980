import { worthAnotherTry } from './s3-errors.js';

export interface Patience {
  /** First pause; doubles each time, up to `MAX_PAUSE_MS`. */
  readonly backoffMs: number;
  /** How long to go on trying. */
  readonly giveUpMs: number;
}

const MAX_PAUSE_MS = 5_000;

/**
 * Pauses between tries: at least half of what is their turn, so that a store that is busy gets its rest, and the other half by chance, so that
 * those who failed together don't come back together.
 */
export class Pauses {
  #started = Date.now();
  #failures = 0;

  constructor(private readonly patience: Patience) {}

  /** Something went well: the next failure is the first again. */
  progress(): void {
    this.#started = Date.now();
    this.#failures = 0;
  }

  /** Waits before the next try, or throws `error` when there shall be none. */
  async before(error: unknown, signal?: AbortSignal): Promise<void> {
    if (!(await this.mayGoOn(signal))) throw error;
  }

  /** Waits before the next try; false, at once, when there shall be none. */
  async mayGoOn(signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    const { backoffMs, giveUpMs } = this.patience;
    const most = Math.min(backoffMs * 2 ** this.#failures++, MAX_PAUSE_MS);
    const pause = most / 2 + (Math.random() * most) / 2;
    if (Date.now() - this.#started + pause > giveUpMs) return false;
    await sleep(pause, signal);
    return true;
  }
}

/** Calls `attempt` until it succeeds, fails in a way that does not pass, or time is up. Only for what may be done twice. */
export async function patiently<T>(patience: Patience, attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const pauses = new Pauses(patience);
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!worthAnotherTry(error)) throw error;
      await pauses.before(error, signal);
    }
  }
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
