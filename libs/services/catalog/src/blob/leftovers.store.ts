import type { BlobLocation } from '@entrepot/blob-store';
import type { Database } from '@entrepot/platform-persistence';
import { after, LATE_MS } from '../durations.js';
import type { Position } from './release.store.js';

// When nobody can write under the session's key any more. A claim that came to nothing may be writing until it runs out, and the last claim runs
// out last.
const SILENT_FROM = `expires_at + make_interval(secs => ${LATE_MS / 1_000})`;

export interface UploadId {
  registryId: string;
  uploadId: string;
}

/** A session whose blob is stored, and beside whose bytes others may lie. */
export interface UntidyUpload extends UploadId {
  storeKey: string;
  location: BlobLocation;
}

/** Those that are due, after a position. */
export function untidyUploads(database: Database, now: Date, after: Position, limit: number): Promise<UntidyUpload[]> {
  return database.query(
    `SELECT registry_id AS "registryId", upload_id AS "uploadId", store_key AS "storeKey", location FROM upload
     WHERE phase = 'committed' AND tidy_at <= $4 AND (registry_id, upload_id) > ($1, $2)
     ORDER BY registry_id, upload_id LIMIT $3`,
    [...after, limit, now],
  );
}

/** That it was tidied at `now` or later: once more when nobody can be writing, if somebody may be still. */
export async function markTidied(database: Database, { registryId, uploadId }: UploadId, now: Date): Promise<void> {
  await database.query(
    `UPDATE upload SET tidy_at = CASE WHEN contested AND expires_at > $3 THEN ${SILENT_FROM} END
     WHERE registry_id = $1 AND upload_id = $2 AND phase = 'committed'`,
    [registryId, uploadId, after(now, -LATE_MS)],
  );
}

/** That its bytes were removed at `now` or later: it is forgotten, or released once more when nobody can be writing, if somebody may be still. */
export async function markAborted(database: Database, { registryId, uploadId }: UploadId, now: Date): Promise<void> {
  const writing = `(contested OR revision <> advanced_revision) AND expires_at > $3`;
  await database.query(
    `WITH kept AS (
       UPDATE upload SET tidy_at = ${SILENT_FROM}
       WHERE registry_id = $1 AND upload_id = $2 AND phase = 'releasing' AND ${writing})
     DELETE FROM upload WHERE registry_id = $1 AND upload_id = $2 AND phase = 'releasing' AND NOT (${writing})`,
    [registryId, uploadId, after(now, -LATE_MS)],
  );
}
