import { conflict, notFound } from '@entrepot/platform-http';
import { lockRefusal } from '@entrepot/policy';
import type { CatalogPorts } from '../catalog-ports.js';
import { asProblem } from '../registry/as-problem.js';
import { describeImage, lockImageById } from './image-changes.store.js';
import type { ImagePath } from './image-view.store.js';
import { lockPlace } from './place.store.js';

/** What may change; null stays. */
export interface ImageChange {
  description: string | null;
  locked: boolean | null;
}

/** The path must have been found. Throws a 404, or a 409: the repository is being deleted, or its lock keeps the image's as it is. */
export async function updateImage(
  { database, clock }: CatalogPorts,
  path: ImagePath,
  { description, locked }: ImageChange,
): Promise<void> {
  const { registryId, repositoryId, imageId } = path;
  const now = clock();
  await database.inTransaction(async (tx) => {
    const { repositoryLocked } = await asProblem(lockPlace(tx, path, 'share'));
    const image = await lockImageById(tx, registryId, repositoryId, imageId);
    if (!image) throw noImage();
    if (locked !== null && locked !== image.locked) {
      const state = { repositoryLocked, imageLocked: image.locked, manifestLocked: false };
      const refusal = lockRefusal(state, 'change-image-lock');
      if (refusal) throw conflict(refusal.message, { rule: refusal.rule });
    }
    await describeImage(tx, registryId, imageId, { description, locked, now });
  });
}

export function noImage() {
  return notFound('There is no such image in this repository.');
}
