import type { BlobLocation } from '@entrepot/blob-store';
import type { Database, Transaction } from '@entrepot/platform-persistence';
import type { Position } from '../blob/release.store.js';

/** A stored generation that is to be read. */
export interface ClaimedBlob {
  registryId: string;
  generation: string;
  algorithm: 'sha256' | 'sha512';
  hex: string;
  size: number;
  location: BlobLocation;
  state: 'live' | 'quarantined' | 'releasing' | 'released';
}

/**
 * Takes the live generations of the next `limit` rows behind a position in, as verified when their bytes came: they were digested then. Resolves
 * to the position behind them, null at the end.
 */
export async function enrolBlobs(database: Database, after: Position, limit: number): Promise<Position | null> {
  const [last] = await database.query<{ registryId: string; generation: string }>(
    `WITH page AS (
       SELECT registry_id, generation, state, created_at FROM blob
       WHERE (registry_id, generation) > ($1, $2) ORDER BY registry_id, generation LIMIT $3),
     enrolled AS (
       INSERT INTO blob_check (registry_id, generation, verified_at)
       SELECT registry_id, generation, created_at FROM page p WHERE state = 'live'
         AND NOT EXISTS (SELECT 1 FROM blob_check c WHERE c.registry_id = p.registry_id AND c.generation = p.generation)
       ORDER BY registry_id, generation ON CONFLICT DO NOTHING)
     SELECT registry_id AS "registryId", generation FROM page
     WHERE (SELECT count(*) FROM page) = $3 ORDER BY registry_id DESC, generation DESC LIMIT 1`,
    [...after, limit],
  );
  return last ? [last.registryId, last.generation] : null;
}

export interface ClaimLimits {
  /** Verified before this moment. */
  verifiedBefore: Date;
  blobs: number;
  /** Of all of them together; one blob may have more. */
  bytes: number;
  /** How long nobody else takes them. */
  leaseMs: (bytes: number) => number;
}

const CLAIM = `SELECT c.registry_id AS "registryId", c.generation, b.algorithm, b.hex, b.size::float8 AS size, b.location, b.state
  FROM blob_check c JOIN blob b USING (registry_id, generation)`;
const SUSPECTED = `${CLAIM} WHERE c.suspected_at IS NOT NULL AND c.not_before <= $1
  ORDER BY c.suspected_at LIMIT $2 FOR UPDATE OF c SKIP LOCKED`;
const OLDEST = `${CLAIM} WHERE c.verified_at <= $3 AND c.not_before <= $1 AND c.suspected_at IS NULL
  ORDER BY c.verified_at LIMIT $2 FOR UPDATE OF c SKIP LOCKED`;

/**
 * The next blobs to read, ours until their lease ends: suspected ones first, then those longest unverified. Suspected ones get half of it at most:
 * a gateway whose view of the store is broken suspects sound blobs again and again. What another replica looks at in this moment is passed over.
 * Who dies with a claim leaves it to whoever comes after its lease.
 */
export async function claimBlobs(tx: Transaction, now: Date, limits: ClaimLimits): Promise<ClaimedBlob[]> {
  const half = Math.ceil(limits.blobs / 2);
  const suspected = within(await tx.query<ClaimedBlob>(SUSPECTED, [now, half]), limits.bytes / 2);
  const room = [now, limits.blobs - suspected.length, limits.verifiedBefore];
  const oldest = within(await tx.query<ClaimedBlob>(OLDEST, room), limits.bytes - bytesOf(suspected));
  const claimed = [...suspected, ...oldest];
  await postpone(tx, claimed, new Date(now.getTime() + limits.leaseMs(bytesOf(claimed))));
  return claimed;
}

const bytesOf = (blobs: readonly ClaimedBlob[]): number => blobs.reduce((sum, { size }) => sum + size, 0);

function within(blobs: readonly ClaimedBlob[], bytes: number): ClaimedBlob[] {
  let sum = 0;
  return blobs.filter(({ size }, index) => (sum += size) <= bytes || index === 0);
}

type Rows = readonly Pick<ClaimedBlob, 'registryId' | 'generation'>[];
type Asker = Pick<Transaction, 'query'>;

const rowsOf = (blobs: Rows) => [blobs.map((blob) => blob.registryId), blobs.map((blob) => blob.generation)];

/** Nobody looks at them before that moment. */
export async function postpone(asker: Asker, blobs: Rows, notBefore: Date): Promise<void> {
  if (blobs.length === 0) return;
  await asker.query(
    `UPDATE blob_check c SET not_before = $3 FROM unnest($1::text[], $2::text[]) AS d (registry_id, generation)
     WHERE c.registry_id = d.registry_id AND c.generation = d.generation`,
    [...rowsOf(blobs), notBefore],
  );
}

/** Their bytes were read and are right. */
export async function recordSound(asker: Asker, blobs: Rows, at: Date): Promise<void> {
  if (blobs.length === 0) return;
  await asker.query(
    `UPDATE blob_check c SET verified_at = greatest(c.verified_at, $3), suspected_at = NULL, not_before = '-infinity'
     FROM unnest($1::text[], $2::text[]) AS d (registry_id, generation)
     WHERE c.registry_id = d.registry_id AND c.generation = d.generation`,
    [...rowsOf(blobs), at],
  );
}

/** They are being released: nobody reads them any more. */
export async function forgetChecks(asker: Asker, blobs: Rows): Promise<void> {
  if (blobs.length === 0) return;
  await asker.query(
    `DELETE FROM blob_check c USING unnest($1::text[], $2::text[]) AS d (registry_id, generation)
     WHERE c.registry_id = d.registry_id AND c.generation = d.generation`,
    rowsOf(blobs),
  );
}

export interface ScrubStatus {
  /** When the live byte that was verified longest ago was; null when there is none. */
  oldestVerifiedAt: Date | null;
  damagedBlobs: number;
  damagedBytes: number;
  suspectedBlobs: number;
}

/**
 * Of the blob of each registry that came first: one that was not taken in yet, or never is at a rate of 0, was verified when its bytes came. Later
 * ones of the registry came later, and generations are ids in the order of time, so this reads a row or two of each registry.
 */
const FIRST_OF_REGISTRIES = `SELECT first.verified_at FROM registry r, LATERAL (
    SELECT coalesce(c.verified_at, b.created_at) AS verified_at
    FROM blob b LEFT JOIN blob_check c USING (registry_id, generation)
    WHERE b.registry_id = r.registry_id AND b.state = 'live' ORDER BY b.generation LIMIT 1) AS first`;

export async function scrubStatus(asker: Asker): Promise<ScrubStatus> {
  const [row] = await asker.query<ScrubStatus>(
    `SELECT
       (SELECT min(verified_at) FROM (
          (SELECT c.verified_at FROM blob_check c JOIN blob b USING (registry_id, generation)
           WHERE b.state = 'live' ORDER BY c.verified_at LIMIT 1)
          UNION ALL ${FIRST_OF_REGISTRIES}) AS oldest) AS "oldestVerifiedAt",
       (SELECT count(*)::integer FROM damaged_blob) AS "damagedBlobs",
       (SELECT coalesce(sum(b.size), 0)::float8 FROM damaged_blob d JOIN blob b USING (registry_id, generation)) AS "damagedBytes",
       (SELECT count(*)::integer FROM blob_check WHERE suspected_at IS NOT NULL) AS "suspectedBlobs"`,
  );
  return row ?? { oldestVerifiedAt: null, damagedBlobs: 0, damagedBytes: 0, suspectedBlobs: 0 };
}

/** Whole seconds, and never less than none: clocks differ. */
export function secondsSince(moment: Date, now: Date): number {
  return Math.max(0, Math.round((now.getTime() - moment.getTime()) / 1_000));
}

/** A few small live blobs that were right not long ago, to try the store with. */
export function controlBlobs(asker: Asker): Promise<ClaimedBlob[]> {
  return asker.query<ClaimedBlob>(
    `SELECT recent.* FROM (
       ${CLAIM} WHERE b.state = 'live' AND b.size > 0 AND c.suspected_at IS NULL ORDER BY c.verified_at DESC LIMIT 50) AS recent
     ORDER BY recent.size LIMIT 3`,
  );
}
