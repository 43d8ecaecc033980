import { type DeleteTagRequest, type Empty, tagDeleted } from '@entrepot/contracts';
import { oci } from '@entrepot/oci';
import type { CatalogPorts } from '../catalog-ports.js';
import { touchImage } from '../image/image.store.js';
import { lockForChange } from '../image/lock-for-write.js';
import { imageScope } from '../lookup/lookup-memory.js';
import { refuseIfLocked } from '../image/refuse-if-locked.js';
import { tellOfImage } from '../outbox/tell-of-image.js';
import { endTag, lockTags } from './tag.store.js';

/** Ends a tag; its manifest stays. Throws `MANIFEST_UNKNOWN` when there is no such tag, `DENIED` when a lock covers it. */
export async function deleteTag({ database, clock }: CatalogPorts, request: DeleteTagRequest): Promise<Empty> {
  const { registryId, tag, actor } = request;
  const now = clock();
  await database.inTransaction(async (tx) => {
    const scope = await lockForChange(tx, request);
    const { imageId } = scope.image;
    tx.changesOnly(imageScope(registryId, imageId));
    const [open] = await lockTags(tx, registryId, imageId, [tag]);
    if (open === undefined) throw oci.manifestUnknown(tag);
    refuseIfLocked(scope, 'delete', open);
    endTag(tx, registryId, imageId, tag, actor);
    touchImage(tx, registryId, imageId, { tags: -1 }, now);
    tellOfImage(tx, tagDeleted, scope, { actor, now }, { tag, digest: open.digest });
  });
  return {};
}
