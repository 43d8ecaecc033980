import { createHash } from 'node:crypto';
import {
  BlobCorrupt,
  blobKey,
  BlobMissing,
  type BlobLocation,
  ForeignBlobRecord,
  type Member,
  storedRecordOf,
  withStoredRecord,
} from '@entrepot/blob-store';
import type { Database } from '@entrepot/platform-persistence';
import { newId } from '../../new-id.js';
import type { ByteRate } from './byte-rate.js';
import { beginCopy, type CopyRow, dropCopy, holdCopy, isStillThere, switchToCopy } from './copy.store.js';
import type { Proof, ProvenBy } from './proof.js';
import type { StoredBlob } from './stored-blobs.store.js';

const HOLD_EVERY_MS = 600_000;

/** What became of one blob. */
export type Copied =
  | { readonly outcome: 'copied'; readonly bytes: number; readonly provenBy: ProvenBy }
  /** Deleted, or copied by another run. */
  | { readonly outcome: 'gone' }
  /** It stays where it is. */
  | { readonly outcome: 'refused'; readonly reason: string };

export interface CopyNeeds {
  readonly database: Database;
  /** Takes the bytes. */
  readonly to: Member;
  readonly proof: Proof;
  readonly rate: ByteRate;
}

/** A blob to copy. */
export interface CopyWork {
  readonly blob: StoredBlob & { readonly location: BlobLocation };
  /** The store that has it; null when it is none of those that were named. */
  readonly from: Member | null;
}

/**
 * Copies the stored bytes of one blob as they are, proves the copy, and only then lets the blob's row name it. Cut off anywhere, the blob is where
 * it was, and what was written goes by itself. Throws when a store or the database fails: then nothing is said about the blob.
 */
export async function copyBlob(needs: CopyNeeds, work: CopyWork, signal: AbortSignal): Promise<Copied> {
  const { database } = needs;
  const { blob, from } = work;
  const { registryId } = blob;
  if (!from) return { outcome: 'refused', reason: 'the settings do not name the storage that it is in' };
  const generation = newId(new Date());
  const copy: CopyRow = { registryId, generation, storeKey: blobKey({ registryId, generation }) };
  if (!(await beginCopy(database, blob, copy))) return { outcome: 'gone' };
  const lost = new AbortController();
  const hold = setInterval(() => {
    holdCopy(database, copy).then(
      (held) => held || lost.abort(new CopyLost()),
      (error: unknown) => lost.abort(error),
    );
  }, HOLD_EVERY_MS).unref();
  try {
    return await writeAndSwitch(needs, { blob, from }, copy, AbortSignal.any([signal, lost.signal]));
  } catch (error) {
    await dropCopy(database, copy);
    return await refusal(needs, work, error);
  } finally {
    clearInterval(hold);
  }
}

async function writeAndSwitch(
  { database, to, rate, proof }: CopyNeeds,
  { blob, from }: CopyWork & { from: Member },
  copy: CopyRow,
  signal: AbortSignal,
): Promise<Copied> {
  const { record, size } = storedRecordOf(blob.location);
  const expected = size ?? blob.size;
  const sent = createHash('sha256');
  const source = await from.read(record);
  const { state, written } = await to
    .append(copy.storeKey, await to.begin(copy.storeKey), rate.limit(source), {
      limit: expected,
      signal,
      onChunk: (chunk) => sent.update(chunk),
    })
    .finally(() => source.destroy());
  if (written !== expected) throw new BlobCorrupt(blob.generation, `it has ${written} stored bytes, not ${expected}`);
  const location = withStoredRecord(blob.location, await to.commit(copy.storeKey, state));
  const digest = sent.digest('hex');
  const provenBy = await proof.of(to, blob, location, digest).catch(async (error: unknown) => {
    if (isDamage(error)) await proof.of(from, blob, blob.location, digest);
    // The source is sound, so the copy is not.
    throw isDamage(error) ? new CopyDamaged(to.driver, error) : error;
  });
  signal.throwIfAborted();
  if (await switchToCopy(database, blob, copy, location)) return { outcome: 'copied', bytes: written, provenBy };
  if (await isStillThere(database, blob)) throw new CopyLost();
  await dropCopy(database, copy);
  return { outcome: 'gone' };
}

/** What a failure says about the blob. Throws what says nothing. */
async function refusal({ database }: CopyNeeds, { blob }: CopyWork, error: unknown): Promise<Copied> {
  const known = isDamage(error) || error instanceof CopyDamaged || error instanceof CopyLost;
  if (!known && !(error instanceof ForeignBlobRecord)) throw error;
  // The bytes of a blob that was deleted meanwhile go under our hands.
  if (!(await isStillThere(database, blob))) return { outcome: 'gone' };
  return { outcome: 'refused', reason: (error as Error).message };
}

function isDamage(error: unknown): error is Error {
  return error instanceof BlobCorrupt || error instanceof BlobMissing;
}

class CopyDamaged extends Error {
  override readonly name = 'CopyDamaged';

  constructor(driver: string, cause: Error) {
    super(`what ${driver} gave back of the copy is not what was written, and was dropped: ${cause.message}`, { cause });
  }
}

class CopyLost extends Error {
  override readonly name = 'CopyLost';

  constructor() {
    super('the database did not answer for too long to keep the copy: run the command again');
  }
}
