import type { ImageScope } from '@entrepot/contracts';
import { oci, parseImageName } from '@entrepot/oci';
import { quotaRefusal } from '@entrepot/policy';
import type { Transaction } from '@entrepot/platform-persistence';
import { newId } from '../new-id.js';
import { type ImageLock, insertImage, type LockedImage, lockImage, lockImageInPlace } from './image.store.js';
import { changeable, holdsLocks, lockPlace, type Place } from './place.store.js';

/** What a write holds: first the repository's row, then the image's. */
export interface WriteScope {
  place: Place;
  image: LockedImage;
}

/** Images per repository, unless the registry says otherwise. */
const DEFAULT_IMAGES = 10_000;

/**
 * Locks the image for a push, and makes its row when this is the first blob or manifest. Throws `NAME_UNKNOWN`, `NAME_INVALID`, or `DENIED` when
 * the repository holds as many images as it may. Must be the first that takes locks in its transaction, which is run again when the image is
 * deleted while we wait for it.
 */
export async function lockForPush(tx: Transaction, scope: ImageScope, lock: ImageLock, now: Date): Promise<WriteScope> {
  // Locks the repository only where the image is: sharing a lock and then asking for more would let two first pushes wait for each other.
  const found = await lockImageInPlace(tx, scope, lock);
  if (found !== null) return { place: changeable(found.place), image: found.image };
  if (await holdsLocks(tx)) throw imageWentMeanwhile();
  const place = await lockPlace(tx, scope, 'create');
  const image = (await lockImage(tx, scope, lock)) ?? (await createImage(tx, place, scope, now));
  return { place, image };
}

/** Locks an image that must be there. Throws `NAME_UNKNOWN`. */
export async function lockForChange(tx: Transaction, scope: ImageScope): Promise<WriteScope> {
  const place = await lockPlace(tx, scope, 'share');
  const image = await lockImage(tx, scope, 'change');
  if (image === null) throw oci.nameUnknown(`there is no image ${scope.image} in the repository ${place.repository}`);
  return { place, image };
}

async function createImage(tx: Transaction, place: Place, scope: ImageScope, now: Date): Promise<LockedImage> {
  const limit = place.limits.images ?? DEFAULT_IMAGES;
  const refusal = quotaRefusal({ kind: 'images', used: place.imageCount, limit, adding: 1 });
  if (refusal) throw oci.quotaExceeded(refusal.message);
  const image = { imageId: newId(now), name: parseImageName(scope.image) };
  insertImage(tx, place, { ...image, createdBy: scope.actor }, now);
  return { ...image, locked: false, announced: false, tagCount: 0 };
}

/** The repository is locked already then, for nothing: as a conflict it is let go, and the next run finds the image gone before it locks. */
function imageWentMeanwhile(): Error {
  return Object.assign(new Error('the image was deleted while a push waited for its repository'), { code: '40001' });
}
