import { tagCreated, tagMoved } from '@entrepot/contracts';
import { oci } from '@entrepot/oci';
import { quotaRefusal } from '@entrepot/policy';
import type { Transaction } from '@entrepot/platform-persistence';
import type { WriteScope } from '../image/lock-for-write.js';
import { refuseIfLocked } from '../image/refuse-if-locked.js';
import { type Deed, tellOfImage } from '../outbox/tell-of-image.js';
import { lockTags, pointTags, type TagTarget } from './tag.store.js';

/** Tags per image, unless the registry says otherwise. */
const DEFAULT_TAGS = 1_000;

export interface MovedTags {
  /** Names that point elsewhere than before, new ones among them. */
  changed: string[];
  /** How many of them are new. */
  added: number;
  /** Writes the facts; apart, so that the caller settles what is told first. */
  tell(): void;
}

/**
 * Points the tags at a manifest; those that do already stay as they are. The image's row must be locked. Throws `DENIED` when a lock forbids
 * to move one, or when the image would hold more tags than it may.
 */
export async function moveTags(
  tx: Transaction,
  scope: WriteScope,
  names: readonly string[],
  target: TagTarget,
  deed: Deed,
): Promise<MovedTags> {
  const { registryId, limits } = scope.place;
  const { imageId, tagCount } = scope.image;
  if (names.length === 0) return { changed: [], added: 0, tell: () => undefined };
  const before = new Map((await lockTags(tx, registryId, imageId, names)).map((tag) => [tag.name, tag]));
  const changed = names.filter((name) => before.get(name)?.digest !== target.digest);
  const added = names.filter((name) => !before.has(name)).length;
  for (const name of changed) refuseMove(scope, before.get(name));
  const refusal = quotaRefusal({ kind: 'tags', used: tagCount, limit: limits.tags ?? DEFAULT_TAGS, adding: added });
  if (refusal) throw oci.quotaExceeded(refusal.message);
  if (changed.length > 0) pointTags(tx, registryId, imageId, changed, target, deed.actor);
  return {
    changed,
    added,
    tell: () => {
      for (const tag of changed) {
        const previousDigest = before.get(tag)?.digest;
        const data = { tag, digest: target.digest };
        if (previousDigest === undefined) tellOfImage(tx, tagCreated, scope, deed, data);
        else tellOfImage(tx, tagMoved, scope, deed, { ...data, previousDigest });
      }
    },
  };
}

function refuseMove(scope: WriteScope, before: { manifestLocked: boolean } | undefined): void {
  if (before !== undefined) refuseIfLocked(scope, 'move-tag', before);
}
