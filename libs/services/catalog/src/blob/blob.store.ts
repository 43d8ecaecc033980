import type { Transaction } from '@entrepot/platform-persistence';

/** A digest in its two columns. `Digest` fits. */
export interface BlobDigest {
  readonly algorithm: string;
  readonly hex: string;
}

export interface LinkedBlob extends BlobDigest {
  size: number;
}

/**
 * Those of the blobs that the image may use, each locked so that neither its link nor its bytes can go before we commit. In byte order of
 * algorithm and hex, the order in which everybody locks them.
 */
export async function lockLinkedBlobs(
  tx: Transaction,
  registryId: string,
  imageId: string,
  blobs: readonly BlobDigest[],
): Promise<LinkedBlob[]> {
  return tx.ask({
    name: 'blob-lock-linked',
    text: `SELECT b.algorithm, b.hex, b.size::float8 AS size
      FROM unnest($3::text[], $4::text[]) AS wanted (algorithm, hex)
      JOIN blob_link l ON l.registry_id = $1 AND l.image_id = $2 AND l.algorithm = wanted.algorithm AND l.hex = wanted.hex
      JOIN blob b ON b.registry_id = l.registry_id AND b.generation = l.generation AND b.state = 'live'
      ORDER BY b.algorithm, b.hex FOR KEY SHARE OF b, l`,
    values: [registryId, imageId, blobs.map((b) => b.algorithm), blobs.map((b) => b.hex)],
  });
}

export interface LiveBlob {
  generation: string;
  size: number;
}

/** The live generation, locked and kept until at least `keepUntil`; null when there is none, or when its release began. */
export async function keepLiveBlob(
  tx: Transaction,
  registryId: string,
  { algorithm, hex }: BlobDigest,
  keepUntil: Date,
): Promise<LiveBlob | null> {
  const rows = await tx.ask<LiveBlob>({
    name: 'blob-keep-live',
    text: `UPDATE blob SET keep_until = greatest(keep_until, $4)
      WHERE registry_id = $1 AND algorithm = $2 AND hex = $3 AND state = 'live'
      RETURNING generation, size::float8 AS size`,
    values: [registryId, algorithm, hex, keepUntil],
  });
  return rows[0] ?? null;
}

export interface NewBlob {
  digest: BlobDigest;
  generation: string;
  size: number;
  location: Record<string, unknown>;
  storeKey: string;
}

/**
 * Null when another generation of the digest is live: then this one was not inserted. Waits for a rival's transaction. `repairs`: a damaged
 * generation of the digest is set aside, whose links are to lead to this one.
 */
export async function insertLiveBlob(
  tx: Transaction,
  registryId: string,
  blob: NewBlob,
  { now, keepUntil }: { now: Date; keepUntil: Date },
): Promise<{ repairs: boolean } | null> {
  return insertBlob(tx, registryId, blob, 'live', now, keepUntil);
}

/** Records bytes that are not needed, for the worker to delete. */
export async function insertReleasingBlob(
  tx: Transaction,
  registryId: string,
  blob: NewBlob,
  now: Date,
): Promise<void> {
  await insertBlob(tx, registryId, blob, 'releasing', now, now);
}

/** A live blob is counted in its registry's usage by the same statement. */
async function insertBlob(
  tx: Transaction,
  registryId: string,
  { digest, generation, size, location, storeKey }: NewBlob,
  state: 'live' | 'releasing',
  now: Date,
  keepUntil: Date,
): Promise<{ repairs: boolean } | null> {
  const rows = await tx.ask<{ repairs: boolean }>({
    name: 'blob-insert',
    text: `WITH stored AS (
        INSERT INTO blob (registry_id, generation, algorithm, hex, size, state, location, store_key, keep_until, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (registry_id, algorithm, hex) WHERE state = 'live' DO NOTHING RETURNING registry_id, size, state),
      counted AS (
        INSERT INTO registry_usage_change (registry_id, bytes)
        SELECT registry_id, size FROM stored WHERE state = 'live' AND size > 0)
      SELECT EXISTS (SELECT 1 FROM damaged_blob WHERE registry_id = $1 AND algorithm = $3 AND hex = $4) AS repairs FROM stored`,
    values: [
      registryId,
      generation,
      digest.algorithm,
      digest.hex,
      size,
      state,
      JSON.stringify(location),
      storeKey,
      keepUntil,
      now,
    ],
  });
  return rows[0] ?? null;
}
