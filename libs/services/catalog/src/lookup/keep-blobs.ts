import type { Database } from '@entrepot/platform-persistence';

export interface KeptLink {
  registryId: string;
  imageId: string;
  algorithm: string;
  hex: string;
}

/**
 * Keeps links that nothing refers to for longer, so that a client which was told "the blob is here" can push its manifest. A link that is
 * being removed this moment stays removed.
 */
export async function keepBlobs(database: Database, links: readonly KeptLink[], keepUntil: Date): Promise<void> {
  await database.ask({
    name: 'lookup-keep-blobs',
    text: `UPDATE blob_link l SET keep_until = greatest(l.keep_until, $5) FROM (
        SELECT k.registry_id, k.image_id, k.algorithm, k.hex
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS asked (registry_id, image_id, algorithm, hex)
        JOIN blob_link k USING (registry_id, image_id, algorithm, hex)
        ORDER BY 1, 2, 3, 4 FOR NO KEY UPDATE OF k SKIP LOCKED) AS due
      WHERE l.registry_id = due.registry_id AND l.image_id = due.image_id AND l.algorithm = due.algorithm AND l.hex = due.hex`,
    values: [
      links.map((link) => link.registryId),
      links.map((link) => link.imageId),
      links.map((link) => link.algorithm),
      links.map((link) => link.hex),
      keepUntil,
    ],
  });
}
