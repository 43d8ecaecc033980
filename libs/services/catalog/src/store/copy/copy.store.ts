import type { BlobLocation } from '@entrepot/blob-store';
import type { Database } from '@entrepot/platform-persistence';
import type { StoredBlob } from './stored-blobs.store.js';

/*
 * A copy has a row of its own, in state `releasing`, before its first byte is written: whatever is under its key goes when the row's `keep_until` passes,
 * so a copy that nobody finishes leaves nothing. When the bytes are there and proven, the two rows change places: the blob's row names the
 * copy, and the other row names the old bytes, which the release worker removes after the grace. Each key is named by one row at any time.
 *
 * The worker takes a row when its `keep_until` has passed. So a copy may only be held, or switched to, while that moment is safely ahead: then no
 * worker has ever taken it. All moments are the database's, since the operator's machine may have another clock.
 */

/** How long a copy is held without being told that somebody goes on with it. */
const HELD_SECONDS = 3_600;
/** Before the moment at which a worker may take it. */
const SAFE_SECONDS = 300;
/** Pulls that are under way read the old bytes. */
const GRACE_SECONDS = 3_600;

/** The row of a copy that is being written. */
export interface CopyRow {
  readonly registryId: string;
  /** Its own. */
  readonly generation: string;
  /** Where it is written. */
  readonly storeKey: string;
}

const BEING_WRITTEN = `registry_id = $1 AND generation = $2 AND state = 'releasing' AND location = 'null'`;
const SAFE = `keep_until > clock_timestamp() + interval '${SAFE_SECONDS} seconds'`;

/** False when the blob is not live any more, or not where it was. */
export async function beginCopy(database: Database, blob: StoredBlob, copy: CopyRow): Promise<boolean> {
  const rows = await database.query(
    `INSERT INTO blob (registry_id, generation, algorithm, hex, size, state, location, store_key, keep_until, created_at)
     SELECT registry_id, $4, algorithm, hex, size, 'releasing', 'null', $5,
       clock_timestamp() + interval '${HELD_SECONDS} seconds', clock_timestamp()
     FROM blob WHERE registry_id = $1 AND generation = $2 AND state = 'live' AND location = $3 RETURNING 1`,
    [blob.registryId, blob.generation, JSON.stringify(blob.location), copy.generation, copy.storeKey],
  );
  return rows.length > 0;
}

/** False when the copy was held too late: it may be removed at any moment. */
export async function holdCopy(database: Database, { registryId, generation }: CopyRow): Promise<boolean> {
  const rows = await database.query(
    `UPDATE blob SET keep_until = clock_timestamp() + interval '${HELD_SECONDS} seconds'
     WHERE ${BEING_WRITTEN} AND ${SAFE} RETURNING 1`,
    [registryId, generation],
  );
  return rows.length > 0;
}

/** Gives what is under the copy's key to the release worker. Nothing happens when it was switched to. */
export async function dropCopy(database: Database, { registryId, generation }: CopyRow): Promise<void> {
  await database.query(`UPDATE blob SET keep_until = clock_timestamp() WHERE ${BEING_WRITTEN}`, [
    registryId,
    generation,
  ]);
}

/** The blob is where the copy is from now on, the old bytes go after the grace. False when the blob is gone or elsewhere, or the copy held too late. */
export function switchToCopy(
  database: Database,
  blob: StoredBlob,
  copy: CopyRow,
  location: BlobLocation,
): Promise<boolean> {
  const { registryId, generation } = blob;
  return database.inTransaction(async (tx) => {
    const [old] = await tx.query<{ storeKey: string }>(
      `SELECT store_key AS "storeKey" FROM blob
       WHERE registry_id = $1 AND generation = $2 AND state = 'live' AND location = $3 FOR NO KEY UPDATE`,
      [registryId, generation, JSON.stringify(blob.location)],
    );
    if (!old) return false;
    const taken = await tx.query(
      `UPDATE blob SET location = $3, store_key = $4, keep_until = clock_timestamp() + interval '${GRACE_SECONDS} seconds'
       WHERE ${BEING_WRITTEN} AND ${SAFE} RETURNING 1`,
      [registryId, copy.generation, JSON.stringify(blob.location), old.storeKey],
    );
    if (taken.length === 0) return false;
    await tx.query(`UPDATE blob SET location = $3, store_key = $4 WHERE registry_id = $1 AND generation = $2`, [
      registryId,
      generation,
      JSON.stringify(location),
      copy.storeKey,
    ]);
    return true;
  });
}

export async function isStillThere(database: Database, blob: StoredBlob): Promise<boolean> {
  const rows = await database.query(
    `SELECT 1 FROM blob WHERE registry_id = $1 AND generation = $2 AND state = 'live' AND location = $3`,
    [blob.registryId, blob.generation, JSON.stringify(blob.location)],
  );
  return rows.length > 0;
}

/** Registries of this id, or `account/name`, or name, that are there. */
export async function registriesNamed(database: Database, name: string): Promise<string[]> {
  const [last = '', account] = name.split('/').toReversed();
  const rows = await database.query<{ registryId: string }>(
    `SELECT registry_id AS "registryId" FROM registry WHERE deleted_at IS NULL
       AND (registry_id = $1 OR (name = $2 AND ($3::text IS NULL OR account_id = $3))) ORDER BY registry_id LIMIT 10`,
    [name, last, account ?? null],
  );
  return rows.map(({ registryId }) => registryId);
}
