import { imageDeleted } from '@entrepot/contracts';
import { conflict } from '@entrepot/platform-http';
import { lockRefusal } from '@entrepot/policy';
import type { CatalogPorts } from '../catalog-ports.js';
import { tellOfImage } from '../outbox/tell-of-image.js';
import { asProblem } from '../registry/as-problem.js';
import { endImages, hasLockedManifest, lockImageToEnd } from './ending.store.js';
import type { ImagePath } from './image-view.store.js';
import { lockPlace } from './place.store.js';
import { noImage } from './update-image.js';

/**
 * Ends an image with all that is in it: the next request doesn't find it, and a push of the name makes another one. Its manifests and tags are
 * ended by the deletion worker. The path must have been found. Throws a 404, or a 409 when a lock covers it or a digest in it.
 */
export async function deleteImage(
  { database, clock }: CatalogPorts,
  path: ImagePath & { actor: string },
): Promise<void> {
  const { registryId, repositoryId, imageId, actor } = path;
  const deed = { actor, now: clock() };
  await database.inTransaction(async (tx) => {
    const place = await asProblem(lockPlace(tx, path, 'create'));
    const image = await lockImageToEnd(tx, registryId, repositoryId, imageId);
    if (!image) throw noImage();
    const state = {
      repositoryLocked: place.repositoryLocked,
      imageLocked: image.locked,
      manifestLocked: await hasLockedManifest(tx, registryId, imageId),
    };
    const refusal = lockRefusal(state, 'delete');
    if (refusal) throw conflict(refusal.message, { rule: refusal.rule });
    await endImages(tx, place, [imageId], deed);
    tellOfImage(tx, imageDeleted, { place, image }, deed, {});
  });
}
