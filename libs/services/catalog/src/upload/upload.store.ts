import type { ImageScope, UploadRequest } from '@entrepot/contracts';
import type { Transaction } from '@entrepot/platform-persistence';
import { PLACE_COLUMNS, PLACE_FROM, PLACE_IS_CHANGEABLE, type PlaceRow } from '../image/place.store.js';

/** One upload session's row. */
export interface UploadRow {
  uploadId: string;
  phase: 'open' | 'committed' | 'releasing';
  revision: number;
  offset: number;
  generation: string;
  storeKey: string;
  state: Record<string, unknown> | null;
  algorithm: 'sha256' | 'sha512';
  digestSoFar: string | null;
  committedDigest: string | null;
  contested: boolean;
}

/** What a statement can be sent through: the pool, or an open transaction. */
export type Asker = Pick<Transaction, 'ask'>;

const COLUMNS = `upload_id AS "uploadId", phase, revision, byte_offset::float8 AS "offset", generation, store_key AS "storeKey", state, algorithm,
  digest_so_far AS "digestSoFar", committed_digest AS "committedDigest", contested`;
// A session belongs to the image and the actor that opened it; to anybody else it doesn't exist.
const MINE = `registry_id = $1 AND upload_id = $2 AND repository_id = $3 AND image_name = $4 AND actor = $5`;
const OPEN = `${MINE} AND phase = 'open' AND expires_at > $6`;

function mine({ registryId, uploadId, repositoryId, image, actor }: UploadRequest): unknown[] {
  return [registryId, uploadId, repositoryId, image, actor];
}

export interface NewUpload {
  uploadId: string;
  generation: string;
  storeKey: string;
  algorithm: 'sha256' | 'sha512';
}

/** The place that the session is for; undefined when it is gone. No session was made unless the place may change. */
export async function insertUpload(
  asker: Asker,
  { registryId, repositoryId, image, actor }: ImageScope,
  upload: NewUpload,
  { now, expiresAt }: { now: Date; expiresAt: Date },
): Promise<PlaceRow | undefined> {
  const { uploadId, algorithm, generation, storeKey } = upload;
  const [place] = await asker.ask<PlaceRow>({
    name: 'upload-insert',
    text: `WITH place AS (SELECT ${PLACE_COLUMNS} FROM ${PLACE_FROM} FOR SHARE OF p),
      opened AS (
        INSERT INTO upload (registry_id, upload_id, repository_id, image_name, actor, algorithm, generation, store_key, phase, revision,
          byte_offset, created_at, expires_at)
        SELECT $1, $3, $2, $4, $5, $6, $7, $8, 'open', 1, 0, $9, $10 FROM place WHERE ${PLACE_IS_CHANGEABLE})
      SELECT * FROM place`,
    values: [registryId, repositoryId, uploadId, image, actor, algorithm, generation, storeKey, now, expiresAt],
  });
  return place;
}

/** The open session, or null. */
export async function findOpenUpload(asker: Asker, request: UploadRequest, now: Date): Promise<UploadRow | null> {
  const rows = await asker.ask<UploadRow>({
    name: 'upload-find',
    text: `SELECT ${COLUMNS} FROM upload WHERE ${OPEN}`,
    values: [...mine(request), now],
  });
  return rows[0] ?? null;
}

/** Takes the session at its next revision if it stands at `expectedOffset` (null: wherever it stands); null when it doesn't. */
export async function claimOpenUpload(
  asker: Asker,
  request: UploadRequest,
  expectedOffset: number | null,
  { now, expiresAt }: { now: Date; expiresAt: Date },
): Promise<UploadRow | null> {
  const rows = await asker.ask<UploadRow>({
    name: 'upload-claim',
    text: `UPDATE upload SET revision = revision + 1, contested = contested OR revision <> advanced_revision, expires_at = $7
      WHERE ${OPEN} AND ($8::bigint IS NULL OR byte_offset = $8) RETURNING ${COLUMNS}`,
    values: [...mine(request), now, expiresAt, expectedOffset],
  });
  return rows[0] ?? null;
}

export interface Advance {
  revision: number;
  offset: number;
  state: Record<string, unknown>;
  digestSoFar: string | null;
}

/** False when the session isn't open at this revision, or stands further already. */
export async function advanceOpenUpload(
  asker: Asker,
  request: UploadRequest,
  { revision, offset, state, digestSoFar }: Advance,
  { now, expiresAt }: { now: Date; expiresAt: Date },
): Promise<boolean> {
  const rows = await asker.ask({
    name: 'upload-advance',
    text: `UPDATE upload SET byte_offset = $9, state = $10, digest_so_far = $11, advanced_revision = $8, expires_at = $7
      WHERE ${OPEN} AND revision = $8 AND byte_offset <= $9 RETURNING 1`,
    values: [...mine(request), now, expiresAt, revision, offset, JSON.stringify(state), digestSoFar],
  });
  return rows.length > 0;
}

/** Gives the bytes to the release worker. False when the session isn't open. */
export async function releaseUpload(asker: Asker, request: UploadRequest, now: Date): Promise<boolean> {
  const rows = await asker.ask({
    name: 'upload-release',
    text: `UPDATE upload SET phase = 'releasing', ended_at = $6 WHERE ${OPEN} RETURNING 1`,
    values: [...mine(request), now],
  });
  return rows.length > 0;
}

/** The session in whatever phase, locked; null when it isn't this image's and actor's. */
export async function lockUpload(tx: Transaction, request: UploadRequest): Promise<UploadRow | null> {
  const rows = await tx.ask<UploadRow>({
    name: 'upload-lock',
    text: `SELECT ${COLUMNS} FROM upload WHERE ${MINE} FOR UPDATE`,
    values: mine(request),
  });
  return rows[0] ?? null;
}

/**
 * Ends a locked session whose generation has become a blob's row. It is remembered for a while, for a client that lost the answer. `untidy`: where the
 * blob is, when bytes of other attempts may lie beside it, for the release worker to remove.
 */
export function endCommitted(
  tx: Transaction,
  { registryId, uploadId }: UploadRequest,
  { digest, untidy }: { digest: string; untidy: Record<string, unknown> | null },
  now: Date,
): void {
  tx.write({
    name: 'upload-committed',
    text: `UPDATE upload SET phase = 'committed', ended_at = $3, committed_digest = $4, state = NULL, location = $5,
      tidy_at = CASE WHEN $5::jsonb IS NOT NULL THEN $3::timestamptz END
      WHERE registry_id = $1 AND upload_id = $2`,
    values: [registryId, uploadId, now, digest, untidy && JSON.stringify(untidy)],
  });
}
