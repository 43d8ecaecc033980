import { blobRepaired } from '@entrepot/contracts';
import type { Transaction } from '@entrepot/platform-persistence';
import type { BlobDigest, NewBlob } from '../blob/blob.store.js';
import type { Place } from '../image/place.store.js';
import type { Deed } from '../outbox/tell-of-image.js';
import { tellOfBlob } from './tell-of-blob.js';

/** Whether a generation of the digest is quarantined. */
export async function isDamaged(tx: Transaction, registryId: string, { algorithm, hex }: BlobDigest): Promise<boolean> {
  const rows = await tx.ask({
    name: 'blob-is-damaged',
    text: `SELECT 1 FROM damaged_blob WHERE registry_id = $1 AND algorithm = $2 AND hex = $3`,
    values: [registryId, algorithm, hex],
  });
  return rows.length > 0;
}

/**
 * Puts a new live generation, whose row is ours, in the place of the quarantined ones of its digest: every image's link leads to it when we
 * commit, and their bytes go to the release worker. Locks them before their links, and the links in the order in which everybody locks several.
 */
export async function replaceDamaged(
  tx: Transaction,
  place: Pick<Place, 'accountId' | 'registryId' | 'registry'>,
  { digest, generation, size }: Pick<NewBlob, 'digest' | 'generation' | 'size'>,
  deed: Deed,
): Promise<void> {
  const { registryId } = place;
  const damaged = await tx.query<{ generation: string }>(
    `SELECT b.generation FROM damaged_blob d JOIN blob b USING (registry_id, generation)
     WHERE d.registry_id = $1 AND d.algorithm = $2 AND d.hex = $3 AND b.state = 'quarantined'
     ORDER BY b.generation FOR UPDATE OF b`,
    [registryId, digest.algorithm, digest.hex],
  );
  if (damaged.length === 0) return;
  tx.changesAnything();
  const those = [registryId, damaged.map((blob) => blob.generation)];
  await tx.query(
    `SELECT 1 FROM blob_link WHERE registry_id = $1 AND generation = ANY($2::text[]) ORDER BY image_id FOR NO KEY UPDATE`,
    those,
  );
  await tx.query(`UPDATE blob_link SET generation = $3 WHERE registry_id = $1 AND generation = ANY($2::text[])`, [
    ...those,
    generation,
  ]);
  await tx.query(
    `WITH ended AS (
       UPDATE blob SET state = 'releasing' WHERE registry_id = $1 AND generation = ANY($2::text[]) RETURNING size)
     INSERT INTO registry_usage_change (registry_id, bytes) SELECT $1, -sum(size)::bigint FROM ended`,
    those,
  );
  await tx.query(`DELETE FROM damaged_blob WHERE registry_id = $1 AND generation = ANY($2::text[])`, those);
  await tx.query(`DELETE FROM blob_check WHERE registry_id = $1 AND generation = ANY($2::text[])`, those);
  for (const blob of damaged) {
    tellOfBlob(tx, blobRepaired, place, { digest, size, generation: blob.generation }, deed, { by: 'pushed' });
  }
}
