import type { BlobLocation, WriterState } from '@entrepot/blob-store';
import type { Database, Transaction } from '@entrepot/platform-persistence';
import { after, LATE_MS } from '../durations.js';

/** Ends sessions that were not used for a day, and to which nobody can be writing any more. Resolves to how many. */
export async function expireUploads(database: Database, now: Date, limit: number): Promise<number> {
  const rows = await database.query(
    `UPDATE upload u SET phase = 'releasing', ended_at = $1 FROM (
       SELECT registry_id, upload_id FROM upload WHERE phase = 'open' AND expires_at <= $3
       ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS due
     WHERE u.registry_id = due.registry_id AND u.upload_id = due.upload_id RETURNING 1`,
    [now, limit, after(now, -LATE_MS)],
  );
  return rows.length;
}

export interface ReleasingUpload {
  registryId: string;
  uploadId: string;
  storeKey: string;
  state: WriterState | null;
}

/** Ended sessions whose bytes are still in the store, after a position: one that fails is passed over until the next run. */
export function releasingUploads(
  database: Database,
  now: Date,
  after: Position,
  limit: number,
): Promise<ReleasingUpload[]> {
  return database.query(
    `SELECT registry_id AS "registryId", upload_id AS "uploadId", store_key AS "storeKey", state FROM upload
     WHERE phase = 'releasing' AND (registry_id, upload_id) > ($1, $2) AND (tidy_at IS NULL OR tidy_at <= $4)
     ORDER BY registry_id, upload_id LIMIT $3`,
    [...after, limit, now],
  );
}

/** Where a scan stands: a registry's id and the id of a row in it. */
export type Position = readonly [registryId: string, id: string];

interface DueLink {
  registryId: string;
  imageId: string;
  algorithm: string;
  hex: string;
}

/**
 * Looks at links whose time has come: those that a live manifest needs are held, the others go, and their blobs are looked at next. Both rows are
 * locked without waiting; one that somebody uses is left for the next run. Resolves to how many were looked at.
 */
export async function settleLinks(tx: Transaction, now: Date, limit: number): Promise<number> {
  const due = await tx.query<DueLink>(
    `SELECT l.registry_id AS "registryId", l.image_id AS "imageId", l.algorithm, l.hex FROM blob_link l
     JOIN blob b ON b.registry_id = l.registry_id AND b.generation = l.generation
     WHERE l.keep_until <= $1 ORDER BY l.keep_until LIMIT $2
     FOR NO KEY UPDATE OF b SKIP LOCKED FOR UPDATE OF l SKIP LOCKED`,
    [now, limit],
  );
  if (due.length === 0) return 0;
  // A statement of its own, so that it sees what was committed before the locks were ours.
  await tx.query(
    `WITH due AS (
       SELECT l.*, EXISTS (
         SELECT 1 FROM manifest_blob n WHERE n.registry_id = l.registry_id AND n.image_id = l.image_id
           AND n.algorithm = l.algorithm AND n.hex = l.hex) AS needed
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS d (registry_id, image_id, algorithm, hex)
       JOIN blob_link l USING (registry_id, image_id, algorithm, hex)),
     held AS (
       UPDATE blob_link l SET keep_until = 'infinity' FROM due
       WHERE (l.registry_id, l.image_id, l.algorithm, l.hex) = (due.registry_id, due.image_id, due.algorithm, due.hex) AND due.needed),
     gone AS (
       DELETE FROM blob_link l USING due
       WHERE (l.registry_id, l.image_id, l.algorithm, l.hex) = (due.registry_id, due.image_id, due.algorithm, due.hex) AND NOT due.needed)
     UPDATE blob b SET keep_until = $5 FROM (SELECT DISTINCT registry_id, generation FROM due WHERE NOT needed) AS let_go
     WHERE b.registry_id = let_go.registry_id AND b.generation = let_go.generation`,
    [
      due.map((link) => link.registryId),
      due.map((link) => link.imageId),
      due.map((link) => link.algorithm),
      due.map((link) => link.hex),
      now,
    ],
  );
  return due.length;
}

const DUE_BLOBS = {
  live: `SELECT registry_id AS "registryId", generation FROM blob WHERE state = 'live' AND keep_until <= $1
    ORDER BY keep_until LIMIT $2 FOR UPDATE SKIP LOCKED`,
  quarantined: `SELECT registry_id AS "registryId", generation FROM damaged_blob d JOIN blob b USING (registry_id, generation)
    WHERE b.state = 'quarantined' AND b.keep_until <= $1 ORDER BY b.keep_until LIMIT $2 FOR UPDATE OF b SKIP LOCKED`,
} as const;

/**
 * Looks at live blobs, or quarantined ones, whose time has come: those that an image is linked to are held, the others begin their release. Who
 * links to a blob locks it first, so none is released under a push. Resolves to how many were looked at.
 */
export async function settleBlobs(
  tx: Transaction,
  which: keyof typeof DUE_BLOBS,
  now: Date,
  limit: number,
): Promise<number> {
  const due = await tx.query<{ registryId: string; generation: string }>(DUE_BLOBS[which], [now, limit]);
  if (due.length === 0) return 0;
  const rows = [due.map((row) => row.registryId), due.map((row) => row.generation)];
  await tx.query(
    `WITH due AS (
       SELECT d.registry_id, d.generation, EXISTS (
         SELECT 1 FROM blob_link l WHERE l.registry_id = d.registry_id AND l.generation = d.generation) AS linked
       FROM unnest($1::text[], $2::text[]) AS d (registry_id, generation)),
     settled AS (
       UPDATE blob b SET state = CASE WHEN due.linked THEN b.state ELSE 'releasing' END,
         keep_until = CASE WHEN due.linked THEN 'infinity' ELSE b.keep_until END
       FROM due WHERE b.registry_id = due.registry_id AND b.generation = due.generation
       RETURNING b.registry_id, b.size, b.state)
     INSERT INTO registry_usage_change (registry_id, bytes)
     SELECT registry_id, -sum(size)::bigint FROM settled WHERE state = 'releasing' GROUP BY registry_id`,
    rows,
  );
  if (which === 'quarantined') {
    await tx.query(
      `DELETE FROM damaged_blob d USING unnest($1::text[], $2::text[]) AS due (registry_id, generation), blob b
       WHERE d.registry_id = due.registry_id AND d.generation = due.generation
         AND b.registry_id = d.registry_id AND b.generation = d.generation AND b.state = 'releasing'`,
      rows,
    );
  }
  return due.length;
}

export interface ReleasingBlob {
  registryId: string;
  generation: string;
  storeKey: string;
  /** Null when nobody knows how far its bytes were written. */
  location: BlobLocation | null;
}

/** Generations that nobody can reach any more, whose time has come, and whose bytes are still there. */
export function releasingBlobs(
  database: Database,
  now: Date,
  after: Position,
  limit: number,
): Promise<ReleasingBlob[]> {
  return database.query(
    `SELECT registry_id AS "registryId", generation, store_key AS "storeKey", location FROM blob
     WHERE state = 'releasing' AND (registry_id, generation) > ($1, $2) AND keep_until <= $4
     ORDER BY registry_id, generation LIMIT $3`,
    [...after, limit, now],
  );
}

export async function markReleased(
  database: Database,
  { registryId, generation }: ReleasingBlob,
  now: Date,
): Promise<void> {
  await database.ask({
    name: 'blob-released',
    text: `UPDATE blob SET state = 'released', released_at = $3, keep_until = 'infinity'
      WHERE registry_id = $1 AND generation = $2 AND state = 'releasing'`,
    values: [registryId, generation, now],
    // No link leads to it any more.
    untold: true,
  });
}
