import type { CommitUploadRequest, Empty } from '@entrepot/contracts';
import { Digest, oci, OciError } from '@entrepot/oci';
import type { Transaction } from '@entrepot/platform-persistence';
import { isLinked, linkBlob } from '../blob/blob-link.store.js';
import { insertLiveBlob, insertReleasingBlob, keepLiveBlob, type LiveBlob, type NewBlob } from '../blob/blob.store.js';
import { isDamaged, replaceDamaged } from '../scrub/replace-damaged.js';
import type { CatalogPorts } from '../catalog-ports.js';
import { after, KEEP_MS } from '../durations.js';
import { imageScope } from '../lookup/lookup-memory.js';
import { lockForPush } from '../image/lock-for-write.js';
import type { Place } from '../image/place.store.js';
import { requireRoom } from '../usage/require-room.js';
import { endCommitted, lockUpload, type UploadRow } from './upload.store.js';
import { outOfOrder } from './upload-refusals.js';

/** A rival may begin and end its release between two looks; more often than this, something is wrong. */
const MAX_TRIES = 5;

interface Moments {
  now: Date;
  keepUntil: Date;
}

/**
 * Makes the stored bytes the blob's live generation and links the image to it. When another generation is live already the image gets that
 * one, and ours goes to the release worker; so any number of commits of one digest succeed. Where the live one was quarantined, ours takes its
 * place for all images. The same claim's retry after a lost answer finds the session committed and the link in place. Another claim's does not
 * succeed, though the digest be the same: its bytes are not the blob's, and will be removed. Throws `BLOB_UPLOAD_UNKNOWN`, 416 when
 * another request took the session over, or `DENIED` when the registry has no room for a blob that it does not have.
 */
export async function commitUpload({ database, clock }: CatalogPorts, request: CommitUploadRequest): Promise<Empty> {
  const digest = Digest.parse(request.digest);
  const now = clock();
  const moments: Moments = { now, keepUntil: after(now, KEEP_MS) };
  const { registryId } = request;
  await database.inTransaction(async (tx) => {
    const { place, image } = await lockForPush(tx, request, 'link', now);
    tx.changesOnly(imageScope(registryId, image.imageId));
    const [upload, live] = await Promise.all([
      lockUpload(tx, request),
      keepLiveBlob(tx, registryId, digest, moments.keepUntil),
    ]);
    if (upload && isOwnCommit(upload, request)) {
      if (await isLinked(tx, registryId, image.imageId, digest)) return;
    }
    if (upload?.phase !== 'open') throw oci.blobUploadUnknown(request.uploadId);
    if (upload.revision !== request.revision) throw superseded(upload);
    const blob = newBlob(request, upload, digest);
    const generation = await settleGeneration(tx, place, live, blob, request.actor, moments);
    await linkBlob(tx, registryId, image.imageId, digest, generation, moments);
    const untidy = mayLeaveBytes(upload, request) ? request.location : null;
    endCommitted(tx, request, { digest: digest.toString(), untidy }, now);
  });
  return {};
}

/** The claim that committed holds the last revision: nobody can claim a session that is over. */
function isOwnCommit({ phase, revision, committedDigest }: UploadRow, request: CommitUploadRequest): boolean {
  return phase === 'committed' && revision === request.revision && committedDigest === request.digest;
}

/** Whether bytes may lie beside the blob's: of claims that came to nothing, or of several appends, which a store may have joined. */
function mayLeaveBytes({ contested, revision, offset }: UploadRow, { size }: CommitUploadRequest): boolean {
  // The first claim of a session in several requests is its opening, and the last one may have had no bytes.
  const appends = revision - 1 - (size === offset ? 1 : 0);
  return contested || appends > 1;
}

function superseded(upload: UploadRow) {
  return outOfOrder(upload.offset, `another request took the upload over; it holds ${upload.offset} bytes`);
}

function newBlob({ size, location }: CommitUploadRequest, upload: UploadRow, digest: Digest): NewBlob {
  return { digest, generation: upload.generation, size, location, storeKey: upload.storeKey };
}

/** The generation to link to: the live one, locked and kept for longer, or ours if there is none. */
async function settleGeneration(
  tx: Transaction,
  place: Place,
  found: LiveBlob | null,
  blob: NewBlob,
  actor: string,
  moments: Moments,
): Promise<string> {
  const { registryId } = place;
  let live = found;
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    if (live !== null) {
      await insertReleasingBlob(tx, registryId, blob, moments.now);
      return live.generation;
    }
    await requireRoomUnlessRepair(tx, place, blob);
    const stored = await insertLiveBlob(tx, registryId, blob, moments);
    if (stored?.repairs) await replaceDamaged(tx, place, blob, { actor, now: moments.now });
    if (stored) return blob.generation;
    live = await keepLiveBlob(tx, registryId, blob.digest, moments.keepUntil);
  }
  throw oci.unavailable('the blob is being pushed and released again and again');
}

/** A damaged generation of the digest still counts as used, and what replaces it needs no more room. Looked for only when there is none. */
async function requireRoomUnlessRepair(tx: Transaction, place: Place, { digest, size }: NewBlob): Promise<void> {
  await requireRoom(tx, place, size).catch(async (refusal: unknown) => {
    if (!(refusal instanceof OciError) || !(await isDamaged(tx, place.registryId, digest))) throw refusal;
  });
}
