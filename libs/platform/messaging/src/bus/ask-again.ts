import type { AskAgain } from '@entrepot/contracts';
import { BusUnavailable } from './bus-errors.js';

/** When a question that changes nothing is asked again, as shares of its deadline: 0.4, 1, 2 and 3.25 s of the usual five. */
const MORE_ASKS = [0.08, 0.2, 0.4, 0.65];
/** The share of its time after which such a question counts as not answered. */
export const LATE = MORE_ASKS[0] as number;
/** How long each try of a question that changes something may last, as shares of its deadline: 1.5, 1.5 and 5 s of the usual eight. */
const TRIES = [0.1875, 0.1875, 0.625];

/** Sends the question once: `forMs` is how long its answer is waited for. Rejects with `BusUnavailable` (deadline) when there is none. */
export type Send<T> = (forMs: number) => Promise<T>;

/** More asks under way at once, over all questions of a client, than this would burden an owner that is merely slow. */
export class AsksBeside {
  #underWay = 0;

  constructor(private readonly most = 32) {}

  /** Sends unless there are too many already: then the asks that are under way must do. */
  trySend<T>(send: () => Promise<T>): Promise<T> | null {
    if (this.#underWay >= this.most) return null;
    this.#underWay += 1;
    return send().finally(() => (this.#underWay -= 1));
  }
}

/**
 * The answer to a question whose owner has several replicas, one of which may stall: NATS gives each ask to any of them, so asking again
 * probably reaches another. Rejects with what the bus said; with the deadline's error only when every ask ran into it.
 */
export function askAgain<T>(how: AskAgain, deadlineMs: number, send: Send<T>, beside: AsksBeside): Promise<T> {
  if (how === 'freely') return askBeside(deadlineMs, send, beside);
  return how === 'fenced' ? askInTurn(deadlineMs, send) : send(deadlineMs);
}

/** Each ask beside those before, and the first answer counts. */
function askBeside<T>(deadlineMs: number, send: Send<T>, beside: AsksBeside): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const more = MORE_ASKS.map((share) =>
      setTimeout(
        () => void beside.trySend(() => send(deadlineMs * (1 - share)))?.then(answered, failed),
        deadlineMs * share,
      ),
    );
    const done = (): void => more.forEach((timer) => clearTimeout(timer));
    const answered = (answer: T): void => {
      done();
      resolve(answer);
    };
    const failed = (error: unknown): void => {
      done();
      reject(error as Error);
    };
    send(deadlineMs).then(answered, failed);
  });
}

/** Each ask after the one before was given up. */
async function askInTurn<T>(deadlineMs: number, send: Send<T>): Promise<T> {
  for (const share of TRIES.slice(0, -1)) {
    try {
      return await send(deadlineMs * share);
    } catch (error) {
      if (!(error instanceof BusUnavailable) || error.reason !== 'deadline') throw error;
    }
  }
  return send(deadlineMs * (TRIES.at(-1) as number));
}
