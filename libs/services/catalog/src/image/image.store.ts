import type { ImageScope } from '@entrepot/contracts';
import type { Transaction } from '@entrepot/platform-persistence';
import { type Place, PLACE_COLUMNS, PLACE_FROM, type PlaceRow } from './place.store.js';

/** An image's row, locked. */
export interface LockedImage {
  imageId: string;
  name: string;
  locked: boolean;
  /** False until its first manifest: the first blob makes the row. */
  announced: boolean;
  tagCount: number;
}

/** `link`: the image stays. `change`: nobody else changes its manifests or tags, and its facts keep their order. */
export type ImageLock = 'link' | 'change';

const WHERE = `WHERE registry_id = $1 AND repository_id = $2 AND name = $3 AND deleted_at IS NULL`;
const LOCKS: Record<ImageLock, string> = { link: 'FOR KEY SHARE', change: 'FOR NO KEY UPDATE' };

/** The repository's and the image's row, locked in this order; null when there is no such image, or no such place. */
export async function lockImageInPlace(
  tx: Transaction,
  scope: ImageScope,
  lock: ImageLock,
): Promise<{ place: PlaceRow; image: LockedImage } | null> {
  const [row] = await tx.ask<PlaceRow & LockedImage>({
    name: `image-in-place-${lock}`,
    text: `SELECT ${PLACE_COLUMNS}, image_id AS "imageId", i.name, i.locked, i.announced_at IS NOT NULL AS announced, i.tag_count AS "tagCount"
      FROM ${PLACE_FROM}
      JOIN image i ON i.registry_id = $1 AND i.repository_id = $2 AND i.name = $3 AND i.deleted_at IS NULL
      FOR SHARE OF p ${LOCKS[lock]} OF i`,
    values: [scope.registryId, scope.repositoryId, scope.image],
  });
  if (row === undefined) return null;
  const { imageId, name, locked, announced, tagCount, ...place } = row;
  return { place, image: { imageId, name, locked, announced, tagCount } };
}

/** Null when there is none. */
export async function lockImage(tx: Transaction, scope: ImageScope, lock: ImageLock): Promise<LockedImage | null> {
  const rows = await tx.ask<LockedImage>({
    name: `image-lock-${lock}`,
    text: `SELECT image_id AS "imageId", name, locked, announced_at IS NOT NULL AS announced, tag_count AS "tagCount"
      FROM image ${WHERE} ${LOCKS[lock]}`,
    values: [scope.registryId, scope.repositoryId, scope.image],
  });
  return rows[0] ?? null;
}

/** The repository's row must be locked for `create`. The policies are a copy: a later change of the template leaves the image alone. */
export function insertImage(
  tx: Transaction,
  place: Place,
  image: { imageId: string; name: string; createdBy: string },
  now: Date,
): void {
  tx.write({
    name: 'image-insert',
    text: `INSERT INTO image (registry_id, image_id, repository_id, name, policies, created_at, created_by, modified_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $6)`,
    values: [
      place.registryId,
      image.imageId,
      place.repositoryId,
      image.name,
      JSON.stringify(place.policies),
      now,
      image.createdBy,
    ],
  });
  tx.write({
    name: 'image-count',
    text: `UPDATE repository SET image_count = image_count + 1 WHERE registry_id = $1 AND repository_id = $2`,
    values: [place.registryId, place.repositoryId],
  });
}

/** After manifests or tags changed. `tags` is by how many their number rose or fell. */
export function touchImage(
  tx: Transaction,
  registryId: string,
  imageId: string,
  { tags, announce = false }: { tags: number; announce?: boolean },
  now: Date,
): void {
  tx.write({
    name: 'image-touch',
    text: `UPDATE image SET tag_count = tag_count + $3, modified_at = $4,
        announced_at = CASE WHEN $5 THEN coalesce(announced_at, $4) ELSE announced_at END
      WHERE registry_id = $1 AND image_id = $2`,
    values: [registryId, imageId, tags, now, announce],
  });
}
