import type { PullCount } from '@entrepot/contracts';
import type { Transaction } from '@entrepot/platform-persistence';
import type { ImageIdentity } from '../outbox/tell-of-image.js';

/** Notes the report for the live registries among these. Resolves to those that had not counted it, with their accounts. */
export async function registriesOf(
  tx: Transaction,
  reportId: string,
  registryIds: readonly string[],
  now: Date,
): Promise<Map<string, string>> {
  const rows = await tx.ask<{ registryId: string; accountId: string }>({
    name: 'activity-note',
    text: `WITH noted AS (
        INSERT INTO activity_report (registry_id, report_id, received_at)
        SELECT registry_id, $2, $3 FROM registry WHERE registry_id = ANY($1::text[]) AND deleted_at IS NULL ORDER BY 1
        ON CONFLICT DO NOTHING RETURNING registry_id)
      SELECT r.registry_id AS "registryId", r.account_id AS "accountId" FROM noted JOIN registry r USING (registry_id)`,
    values: [[...new Set(registryIds)], reportId, now],
  });
  return new Map(rows.map((row) => [row.registryId, row.accountId]));
}

/** The images pulled that are still there, by `registry id/image id`, locked in the order of their ids. */
export async function lockPulledImages(
  tx: Transaction,
  pulls: readonly PullCount[],
): Promise<Map<string, ImageIdentity>> {
  const rows = await tx.ask<ImageIdentity['place'] & ImageIdentity['image']>({
    name: 'activity-lock-images',
    text: `SELECT r.account_id AS "accountId", r.registry_id AS "registryId", r.name AS registry, p.repository_id AS "repositoryId",
        p.name AS repository, i.image_id AS "imageId", i.name
      FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS u (registry_id, image_id)) AS pulled
      JOIN image i ON i.registry_id = pulled.registry_id AND i.image_id = pulled.image_id AND i.deleted_at IS NULL
      JOIN repository p ON p.registry_id = i.registry_id AND p.repository_id = i.repository_id
      JOIN registry r ON r.registry_id = i.registry_id
      ORDER BY i.registry_id, i.image_id FOR NO KEY UPDATE OF i`,
    values: [pulls.map((pull) => pull.registryId), pulls.map((pull) => pull.imageId)],
  });
  return new Map(
    rows.map(({ imageId, name, ...place }) => [`${place.registryId}/${imageId}`, { place, image: { imageId, name } }]),
  );
}

/** Adds the counts to the images' rows in one statement. */
export async function addPulls(tx: Transaction, pulls: readonly PullCount[]): Promise<void> {
  await tx.ask({
    name: 'activity-add-pulls',
    // No look-up tells how often an image was pulled.
    untold: true,
    text: `UPDATE image i SET pull_count = i.pull_count + total.count, last_pulled_at = greatest(i.last_pulled_at, total.last_at)
      FROM (SELECT registry_id, image_id, sum(count) AS count, max(last_at) AS last_at
        FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[]) AS u (registry_id, image_id, count, last_at)
        GROUP BY registry_id, image_id) AS total
      WHERE i.registry_id = total.registry_id AND i.image_id = total.image_id AND i.deleted_at IS NULL`,
    values: [
      pulls.map((pull) => pull.registryId),
      pulls.map((pull) => pull.imageId),
      pulls.map((pull) => pull.count),
      pulls.map((pull) => pull.lastAt),
    ],
  });
}
