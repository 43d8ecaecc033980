import type { Transaction } from '@entrepot/platform-persistence';
import type { BlobDigest } from './blob.store.js';

/** Links the image to a generation whose row is locked, or keeps the link that is there for longer. */
export async function linkBlob(
  tx: Transaction,
  registryId: string,
  imageId: string,
  { algorithm, hex }: BlobDigest,
  generation: string,
  { now, keepUntil }: { now: Date; keepUntil: Date },
): Promise<void> {
  await tx.ask({
    name: 'blob-link',
    text: `INSERT INTO blob_link (registry_id, image_id, algorithm, hex, generation, keep_until, created_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7)
      ON CONFLICT (registry_id, image_id, algorithm, hex)
      DO UPDATE SET keep_until = greatest(blob_link.keep_until, excluded.keep_until), generation = excluded.generation`,
    values: [registryId, imageId, algorithm, hex, generation, keepUntil, now],
  });
}

export async function isLinked(
  tx: Transaction,
  registryId: string,
  imageId: string,
  { algorithm, hex }: BlobDigest,
): Promise<boolean> {
  const rows = await tx.ask({
    name: 'blob-is-linked',
    text: `SELECT 1 FROM blob_link l
      JOIN blob b ON b.registry_id = l.registry_id AND b.generation = l.generation AND b.state = 'live'
      WHERE l.registry_id = $1 AND l.image_id = $2 AND l.algorithm = $3 AND l.hex = $4`,
    values: [registryId, imageId, algorithm, hex],
  });
  return rows.length > 0;
}

/** Locks, in this order, the blob and the image's link to it. Null when there is no link. */
export async function lockLink(
  tx: Transaction,
  registryId: string,
  imageId: string,
  { algorithm, hex }: BlobDigest,
): Promise<{ generation: string } | null> {
  await tx.ask({
    name: 'blob-lock-live',
    text: `SELECT 1 FROM blob WHERE registry_id = $1 AND algorithm = $2 AND hex = $3 AND state = 'live' FOR NO KEY UPDATE`,
    values: [registryId, algorithm, hex],
  });
  await tx.ask({
    name: 'blob-lock-damaged',
    text: `SELECT 1 FROM damaged_blob d JOIN blob b USING (registry_id, generation)
      WHERE d.registry_id = $1 AND d.algorithm = $2 AND d.hex = $3 AND b.state = 'quarantined' FOR NO KEY UPDATE OF b`,
    values: [registryId, algorithm, hex],
  });
  const rows = await tx.ask<{ generation: string }>({
    name: 'blob-link-lock',
    text: `SELECT generation FROM blob_link
      WHERE registry_id = $1 AND image_id = $2 AND algorithm = $3 AND hex = $4 FOR UPDATE`,
    values: [registryId, imageId, algorithm, hex],
  });
  return rows[0] ?? null;
}

/** Removes a locked link; the release worker looks at the blob after `keepUntil`. */
export async function unlinkBlob(
  tx: Transaction,
  registryId: string,
  imageId: string,
  { algorithm, hex }: BlobDigest,
  generation: string,
  keepUntil: Date,
): Promise<void> {
  await tx.ask({
    name: 'blob-unlink',
    text: `DELETE FROM blob_link WHERE registry_id = $1 AND image_id = $2 AND algorithm = $3 AND hex = $4`,
    values: [registryId, imageId, algorithm, hex],
  });
  await tx.ask({
    name: 'blob-let-go',
    text: `UPDATE blob SET keep_until = $3 WHERE registry_id = $1 AND generation = $2`,
    values: [registryId, generation, keepUntil],
  });
}

/** Digests of live manifests of the image that need the blob: at most `limit`, in byte order. */
export async function manifestsNeeding(
  tx: Transaction,
  registryId: string,
  imageId: string,
  { algorithm, hex }: BlobDigest,
  limit: number,
): Promise<string[]> {
  const rows = await tx.ask<{ digest: string }>({
    name: 'blob-needed-by',
    text: `SELECT m.digest FROM manifest_blob n
      JOIN manifest m ON m.registry_id = n.registry_id AND m.manifest_id = n.manifest_id AND m.deleted_at IS NULL
      WHERE n.registry_id = $1 AND n.image_id = $2 AND n.algorithm = $3 AND n.hex = $4 ORDER BY m.digest LIMIT $5`,
    values: [registryId, imageId, algorithm, hex, limit],
  });
  return rows.map((row) => row.digest);
}
