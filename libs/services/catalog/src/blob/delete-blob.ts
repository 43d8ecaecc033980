import type { BlobRequest, Empty } from '@entrepot/contracts';
import { Digest, oci } from '@entrepot/oci';
import type { CatalogPorts } from '../catalog-ports.js';
import { after, UNDELETE_MS } from '../durations.js';
import { lockForChange } from '../image/lock-for-write.js';
import { imageScope } from '../lookup/lookup-memory.js';
import { refuseIfLocked } from '../image/refuse-if-locked.js';
import { lockLink, manifestsNeeding, unlinkBlob } from './blob-link.store.js';

/** Manifests named in a refusal. */
const MAX_NAMED = 10;

/**
 * Takes the blob from the image at once; the bytes stay while another image has it. Throws `BLOB_UNKNOWN`, `DENIED` when a lock covers the
 * image, and `UNSUPPORTED` (405) naming the manifests that need it.
 */
export async function deleteBlob({ database, clock }: CatalogPorts, request: BlobRequest): Promise<Empty> {
  const digest = Digest.parse(request.digest);
  const now = clock();
  await database.inTransaction(async (tx) => {
    const scope = await lockForChange(tx, request);
    const { registryId } = scope.place;
    const { imageId } = scope.image;
    tx.changesOnly(imageScope(registryId, imageId));
    const link = await lockLink(tx, registryId, imageId, digest);
    if (link === null) throw oci.blobUnknown(digest);
    refuseIfLocked(scope, 'delete', { manifestLocked: false });
    const needing = await manifestsNeeding(tx, registryId, imageId, digest, MAX_NAMED);
    if (needing.length > 0) throw oci.unsupported(`the blob is part of ${needing.join(', ')}: delete that first`);
    await unlinkBlob(tx, registryId, imageId, digest, link.generation, after(now, UNDELETE_MS));
  });
  return {};
}
