import type { ImageScope } from '@entrepot/contracts';
import { Digest, oci } from '@entrepot/oci';
import { forbidden } from '@entrepot/platform-http';
import type { CatalogPorts } from '../catalog-ports.js';
import { touchImage } from '../image/image.store.js';
import { lockForChange } from '../image/lock-for-write.js';
import { imageScope } from '../lookup/lookup-memory.js';
import { lockManifest } from '../manifest/manifest.store.js';
import { moveTags } from './move-tags.js';

/**
 * Points a tag at a manifest that its image holds now: makes the tag, or moves it. Nothing changes when it points there already. Throws
 * `NAME_UNKNOWN`, `MANIFEST_UNKNOWN`, `DENIED` when a lock or a quota forbids it, and a 403 when the tag would move although `mayMove` is false.
 */
export async function pointTag(
  { database, clock }: CatalogPorts,
  request: ImageScope & { tag: string; digest: string },
  { mayMove }: { mayMove: boolean },
): Promise<void> {
  const digest = Digest.parse(request.digest).toString();
  const deed = { actor: request.actor, now: clock() };
  await database.inTransaction(async (tx) => {
    const scope = await lockForChange(tx, request);
    const { registryId } = scope.place;
    const { imageId } = scope.image;
    tx.changesOnly(imageScope(registryId, imageId));
    const manifest = await lockManifest(tx, registryId, imageId, digest, 'keep');
    if (manifest === null) throw oci.manifestUnknown(digest);
    const tags = await moveTags(tx, scope, [request.tag], manifest, deed);
    if (tags.changed.length === 0) return;
    if (tags.added === 0 && !mayMove)
      throw forbidden('No policy of yours allows scr:UpdateTag here, and the tag exists.');
    touchImage(tx, registryId, imageId, { tags: tags.added }, deed.now);
    tags.tell();
  });
}
