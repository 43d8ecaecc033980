import { oci } from '@entrepot/oci';
import { lockRefusal, type LockedOperation } from '@entrepot/policy';
import type { WriteScope } from './lock-for-write.js';

/** Throws `DENIED` with the lock's own sentence when the repository's, the image's or the digest's lock forbids the operation. */
export function refuseIfLocked(
  { place, image }: WriteScope,
  operation: LockedOperation,
  { manifestLocked }: { manifestLocked: boolean },
): void {
  const { repositoryLocked } = place;
  const refusal = lockRefusal({ repositoryLocked, imageLocked: image.locked, manifestLocked }, operation);
  if (refusal) throw oci.denied(refusal.message);
}
