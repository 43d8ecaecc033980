import type { Transaction } from '@entrepot/platform-persistence';
import type { Deed } from '../outbox/tell-of-image.js';

/** An image that is about to end, its row locked. */
export interface EndingImage {
  imageId: string;
  name: string;
  locked: boolean;
  announced: boolean;
}

const COLUMNS = `image_id AS "imageId", name, locked, announced_at IS NOT NULL AS announced`;

/** The live image, locked against every use. Null when there is none in the repository. */
export async function lockImageToEnd(
  tx: Transaction,
  registryId: string,
  repositoryId: string,
  imageId: string,
): Promise<EndingImage | null> {
  const [image] = await tx.query<EndingImage>(
    `SELECT ${COLUMNS} FROM image
     WHERE registry_id = $1 AND image_id = $2 AND repository_id = $3 AND deleted_at IS NULL FOR UPDATE`,
    [registryId, imageId, repositoryId],
  );
  return image ?? null;
}

/** The first live images of a repository by name, locked. */
export function lockImagesToEnd(
  tx: Transaction,
  registryId: string,
  repositoryId: string,
  limit: number,
): Promise<EndingImage[]> {
  return tx.query(
    `SELECT ${COLUMNS} FROM image
     WHERE registry_id = $1 AND repository_id = $2 AND deleted_at IS NULL ORDER BY name LIMIT $3 FOR UPDATE`,
    [registryId, repositoryId, limit],
  );
}

export async function hasLockedManifest(tx: Transaction, registryId: string, imageId: string): Promise<boolean> {
  const rows = await tx.query(
    `SELECT 1 FROM manifest WHERE registry_id = $1 AND image_id = $2 AND deleted_at IS NULL AND locked LIMIT 1`,
    [registryId, imageId],
  );
  return rows.length > 0;
}

/**
 * Ends images whose rows are locked: from now on nobody finds them, whatever is in them. Their manifests and tags are noted to be ended by
 * `endSomeContents`. The repository's row must be locked for an update.
 */
export async function endImages(
  tx: Transaction,
  { registryId, repositoryId }: { registryId: string; repositoryId: string },
  imageIds: readonly string[],
  { actor, now }: Deed,
): Promise<void> {
  await tx.query(
    `WITH gone AS (
       UPDATE image SET deleted_at = $4, modified_at = $4, state = 'Deleting'
       WHERE registry_id = $1 AND image_id = ANY($3::text[]) RETURNING image_id),
     noted AS (
       INSERT INTO image_ending (registry_id, image_id, actor, ended_at) SELECT $1, image_id, $5, $4 FROM gone)
     UPDATE repository SET image_count = image_count - (SELECT count(*)::integer FROM gone)
     WHERE registry_id = $1 AND repository_id = $2`,
    [registryId, repositoryId, imageIds, now, actor],
  );
}

/**
 * Ends manifests and tags of images that ended, at most `manifests` of them, and lets go of their blobs, whose bytes are looked at after
 * `keepUntil`. Several may do so at once. Resolves to whether there may be more to do.
 */
export async function endSomeContents(
  tx: Transaction,
  { images, manifests, keepUntil }: { images: number; manifests: number; keepUntil: Date },
): Promise<boolean> {
  const due = await tx.query<{ registryId: string; imageId: string }>(
    `SELECT registry_id AS "registryId", image_id AS "imageId" FROM image_ending
     ORDER BY registry_id, image_id LIMIT $1 FOR UPDATE SKIP LOCKED`,
    [images],
  );
  if (due.length === 0) return false;
  const keys = [due.map((row) => row.registryId), due.map((row) => row.imageId)];
  const found = await tx.query<{ registryId: string; manifestId: string }>(
    `SELECT m.registry_id AS "registryId", m.manifest_id AS "manifestId"
     FROM unnest($1::text[], $2::text[]) AS due (registry_id, image_id)
     JOIN manifest m ON m.registry_id = due.registry_id AND m.image_id = due.image_id AND m.deleted_at IS NULL
     LIMIT $3 FOR UPDATE OF m`,
    [...keys, manifests],
  );
  if (found.length > 0) await endManifests(tx, found, keepUntil);
  if (found.length === manifests) return true;
  await tx.query(
    `DELETE FROM image_ending e USING unnest($1::text[], $2::text[]) AS due (registry_id, image_id)
     WHERE e.registry_id = due.registry_id AND e.image_id = due.image_id`,
    keys,
  );
  return due.length === images;
}

const DUE = `unnest($1::text[], $2::text[]) AS due (registry_id, manifest_id)`;

/** Of images that ended: nobody else changes them. Who ended the image ended what was in it. */
async function endManifests(
  tx: Transaction,
  manifests: readonly { registryId: string; manifestId: string }[],
  keepUntil: Date,
): Promise<void> {
  const keys = [manifests.map((row) => row.registryId), manifests.map((row) => row.manifestId)];
  await tx.query(
    `UPDATE tag t SET valid_to = greatest(clock_timestamp(), t.valid_from + interval '1 microsecond'), ended_by = e.actor
     FROM ${DUE}, image_ending e
     WHERE t.registry_id = due.registry_id AND t.manifest_id = due.manifest_id AND t.valid_to IS NULL
       AND e.registry_id = t.registry_id AND e.image_id = t.image_id`,
    keys,
  );
  await tx.query(
    `UPDATE manifest m SET deleted_at = e.ended_at, deleted_by = e.actor FROM ${DUE}, image_ending e
     WHERE m.registry_id = due.registry_id AND m.manifest_id = due.manifest_id
       AND e.registry_id = m.registry_id AND e.image_id = m.image_id`,
    keys,
  );
  // In the order in which everybody locks links, so that nobody waits in a circle.
  await tx.query(
    `UPDATE blob_link l SET keep_until = $3 FROM (
       SELECT k.registry_id, k.image_id, k.algorithm, k.hex FROM blob_link k
       WHERE (k.registry_id, k.image_id, k.algorithm, k.hex) IN (
         SELECT n.registry_id, n.image_id, n.algorithm, n.hex FROM ${DUE}
         JOIN manifest_blob n ON n.registry_id = due.registry_id AND n.manifest_id = due.manifest_id)
       ORDER BY k.registry_id, k.image_id, k.algorithm, k.hex FOR NO KEY UPDATE OF k) AS held
     WHERE l.registry_id = held.registry_id AND l.image_id = held.image_id AND l.algorithm = held.algorithm AND l.hex = held.hex`,
    [...keys, keepUntil],
  );
  for (const table of ['manifest_blob', 'manifest_child']) {
    await tx.query(
      `DELETE FROM ${table} n USING ${DUE} WHERE n.registry_id = due.registry_id AND n.manifest_id = due.manifest_id`,
      keys,
    );
  }
}
