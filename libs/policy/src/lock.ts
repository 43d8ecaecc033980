/** The locks that cover one digest or tag, from the outside in. Only the repository's may be asked for a whole image. */
export interface LockState {
  readonly repositoryLocked: boolean;
  readonly imageLocked: boolean;
  /** The lock of the digest concerned; for `move-tag` the one that the tag points at now. */
  readonly manifestLocked: boolean;
}

/**
 * `delete`: a tag, digest, image or repository. `move-tag`: an existing tag gets another digest or name, or is taken away.
 * `push-new`: a manifest or tag name that was not there before. `change-image-lock`: the image's or digest's own lock.
 */
export type LockedOperation = 'delete' | 'move-tag' | 'push-new' | 'change-image-lock';

/** Which lock refused, and one sentence for the client. */
export interface LockRefusal {
  readonly rule: 'lock:repository' | 'lock:image' | 'lock:manifest';
  readonly message: string;
}

const DOING: Readonly<Record<LockedOperation, string>> = {
  delete: 'nothing in it can be deleted',
  'move-tag': 'its tags cannot be moved',
  'push-new': 'nothing can be pushed',
  'change-image-lock': 'the locks of its images cannot be changed',
};

/**
 * Whether a lock stands in the way. A locked repository, image or digest can be neither deleted nor changed; new content may still be
 * pushed; while the repository is locked, the locks inside it cannot be changed. Null: no lock refuses.
 */
export function lockRefusal(locks: LockState, operation: LockedOperation): LockRefusal | null {
  if (operation === 'push-new') return null;
  if (locks.repositoryLocked) return refusal('lock:repository', 'repository', operation);
  if (operation === 'change-image-lock') return null;
  if (locks.imageLocked) return refusal('lock:image', 'image', operation);
  if (locks.manifestLocked) return refusal('lock:manifest', 'digest', operation);
  return null;
}

function refusal(rule: LockRefusal['rule'], thing: string, operation: LockedOperation): LockRefusal {
  const what = thing === 'digest' && operation === 'delete' ? 'it cannot be deleted' : DOING[operation];
  return { rule, message: `The ${thing} is locked: ${what}. Unlock the ${thing} first.` };
}
