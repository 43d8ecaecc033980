import { type Patience, Pauses } from './retry.js';
import type { ObjectFacts, S3Wire } from './s3-wire.js';

/**
 * Answers that contradict what was stored, before they are believed: a balancer or a cache may have mixed up one, and a store of several
 * machines may take a moment until all of them know what one has taken.
 */
export const LOOKS = 3;

/** Looks until what is found is as it should be, and a few times at most. Resolves to what was found last. */
export async function lookAgain<T>(
  patience: Patience,
  look: () => Promise<T>,
  isExpected: (found: T) => boolean,
  signal?: AbortSignal,
): Promise<T> {
  const pauses = new Pauses(patience);
  for (let looks = 1; ; looks++) {
    const found = await look();
    if (isExpected(found) || looks === LOOKS || !(await pauses.mayGoOn(signal))) return found;
  }
}

/** What the store has under the name of an object that must have `size` bytes; null when nothing. */
export function statOf(
  wire: S3Wire,
  bucket: string,
  name: string,
  size: number,
  signal?: AbortSignal,
): Promise<ObjectFacts | null> {
  const look = (): Promise<ObjectFacts | null> => wire.stat(bucket, name, signal);
  return lookAgain(wire.patience, look, (facts) => facts?.size === size, signal);
}
