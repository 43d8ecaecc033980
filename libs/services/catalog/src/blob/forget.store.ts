import type { Database, Transaction } from '@entrepot/platform-persistence';

/** Rows that have done their service, by what they are and since when; `$1` is the moment before which they go, `$2` how many at a time. */
const FORGETTABLE = {
  uploads: `DELETE FROM upload WHERE (registry_id, upload_id) IN (
    SELECT registry_id, upload_id FROM upload WHERE phase = 'committed' AND tidy_at IS NULL AND ended_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`,
  reports: `DELETE FROM activity_report WHERE (registry_id, report_id) IN (
    SELECT registry_id, report_id FROM activity_report WHERE received_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`,
  releasedBlobs: `DELETE FROM blob WHERE (registry_id, generation) IN (
    SELECT registry_id, generation FROM blob WHERE state = 'released' AND released_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`,
  deletedManifests: `DELETE FROM manifest WHERE (registry_id, manifest_id) IN (
    SELECT registry_id, manifest_id FROM manifest WHERE deleted_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`,
} as const;

export type Forgettable = keyof typeof FORGETTABLE;

/** Deletes at most `limit` rows of a kind from before a moment; the next run takes the next ones. */
export async function forget(database: Database, what: Forgettable, before: Date, limit: number): Promise<void> {
  // No look-up finds them any more.
  await database.ask({ name: `forget-${what}`, text: FORGETTABLE[what], values: [before, limit], untold: true });
}

/**
 * Ends images that got blobs but never a manifest, and whose last link has gone. The repository is locked before the image, as everywhere;
 * rows in use are left for the next run. An image that still has a link takes no place among the `limit`: older ones would keep the others waiting.
 */
export async function endEmptyImages(tx: Transaction, before: Date, now: Date, limit: number): Promise<void> {
  const due = await tx.query<{ registryId: string; imageId: string }>(
    `SELECT i.registry_id AS "registryId", i.image_id AS "imageId" FROM image i
     JOIN repository p ON p.registry_id = i.registry_id AND p.repository_id = i.repository_id
     WHERE i.announced_at IS NULL AND i.deleted_at IS NULL AND i.created_at <= $1
       AND NOT EXISTS (SELECT 1 FROM blob_link l WHERE l.registry_id = i.registry_id AND l.image_id = i.image_id)
     ORDER BY i.created_at LIMIT $2 FOR NO KEY UPDATE OF p SKIP LOCKED FOR UPDATE OF i SKIP LOCKED`,
    [before, limit],
  );
  // A statement of its own, so that it sees the links that were committed before the locks were ours.
  await tx.query(
    `WITH gone AS (
       UPDATE image i SET deleted_at = $3 FROM unnest($1::text[], $2::text[]) AS d (registry_id, image_id)
       WHERE i.registry_id = d.registry_id AND i.image_id = d.image_id AND i.announced_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM blob_link l WHERE l.registry_id = i.registry_id AND l.image_id = i.image_id)
       RETURNING i.registry_id, i.repository_id)
     UPDATE repository p SET image_count = p.image_count - fewer.count
     FROM (SELECT registry_id, repository_id, count(*)::integer AS count FROM gone GROUP BY 1, 2) AS fewer
     WHERE p.registry_id = fewer.registry_id AND p.repository_id = fewer.repository_id`,
    [due.map((image) => image.registryId), due.map((image) => image.imageId), now],
  );
}
