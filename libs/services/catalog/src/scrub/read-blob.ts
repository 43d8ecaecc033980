import {
  BlobCorrupt,
  BlobMissing,
  type BlobReader,
  canPump,
  isUnreadable,
  type PieceTaker,
  RunningDigest,
} from '@entrepot/blob-store';
import type { Pace } from './pace.js';
import type { ClaimedBlob } from './scrub.store.js';

/** What is wrong with a blob where the medium fails to read it. */
export const UNREADABLE = 'the medium fails to read its bytes (EIO)';

/**
 * Reads a blob's bytes back, opened as for a pull, at most as fast as the pace allows and without keeping them. Resolves to what is wrong with
 * them, null when nothing is. Throws when that can't be known: the store or a key does not answer, or the signal's reason.
 */
export async function readBlob(
  store: BlobReader,
  { algorithm, hex, size, location }: Pick<ClaimedBlob, 'algorithm' | 'hex' | 'size' | 'location'>,
  pace: Pick<Pace, 'take'>,
  signal: AbortSignal,
): Promise<string | null> {
  const digest = new RunningDigest(algorithm);
  let read = 0;
  try {
    await handOut(store, location, async (piece) => {
      read += piece.length;
      // Before the first wait: two pieces may be with us at a time, and timers don't end in the order in which they began.
      const digested = digest.update(piece);
      await pace.take(piece.length, signal);
      await digested;
    });
    const found = await digest.hex();
    if (found === null) throw new Error('the digest was lost with its thread');
    if (read !== size) return `it has ${read} bytes instead of ${size}`;
    return found === hex ? null : `its digest is ${algorithm}:${found}`;
  } catch (error) {
    if (error instanceof BlobMissing) return 'its bytes, or a part of them, are missing in the store';
    if (error instanceof BlobCorrupt) return error.problem;
    if (isUnreadable(error)) return UNREADABLE;
    throw error;
  } finally {
    digest.discard();
  }
}

async function handOut(store: BlobReader, location: ClaimedBlob['location'], take: PieceTaker): Promise<void> {
  if (canPump(store)) return (await store.openPump(location))(take);
  for await (const chunk of await store.read(location)) await take(chunk as Buffer);
}
