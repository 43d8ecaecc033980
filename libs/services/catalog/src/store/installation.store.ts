import type { StoreIdentity } from '@entrepot/blob-store';
import { type Database, DatabaseUnavailable } from '@entrepot/platform-persistence';

/**
 * The ids that this database's store must carry. Rows in another database than before, or on another Postgres cluster, were dumped and restored, or
 * copied: they begin a new incarnation here, so that they do not delete what the ones that they were copied from still need.
 */
export async function currentIdentity(database: Database): Promise<StoreIdentity> {
  const system = await databaseSystem(database);
  const [row] = await database.query<StoreIdentity>(
    `UPDATE installation SET
       incarnation = CASE WHEN database_system NOT IN ($1, split_part($1, '/', 1)) THEN gen_random_uuid() ELSE incarnation END,
       database_system = coalesce($1, database_system)
     WHERE database_system IS DISTINCT FROM $1 AND $1 IS NOT NULL
     RETURNING installation, incarnation`,
    [system],
  );
  if (row) return row;
  const [kept] = await database.query<StoreIdentity>(`SELECT installation, incarnation FROM installation`);
  if (!kept) throw new Error('the table installation has no row');
  return kept;
}

/** Whether a store carries the database's ids, both of them. */
export function isOurs(ours: StoreIdentity, theirs: StoreIdentity | null): boolean {
  return theirs?.installation === ours.installation && theirs.incarnation === ours.incarnation;
}

/** Begins a new incarnation, as after a restore. Resolves to it. */
export async function renewIncarnation(database: Database): Promise<string> {
  const [row] = await database.query<{ incarnation: string }>(
    `UPDATE installation SET incarnation = gen_random_uuid() RETURNING incarnation`,
  );
  if (!row) throw new Error('the table installation has no row');
  return row.incarnation;
}

/** Whether a store was claimed, and holds bytes that rows name: then an unclaimed one is another. */
export async function hasBytesElsewhere(database: Database): Promise<boolean> {
  const rows = await database.query(
    `SELECT 1 FROM installation WHERE store_claimed AND EXISTS (SELECT 1 FROM blob WHERE state <> 'released')`,
  );
  return rows.length > 0;
}

/** Where some blobs are, by their keys. */
export async function someStoredKeys(database: Database, limit: number): Promise<string[]> {
  const rows = await database.query<{ key: string }>(
    `SELECT store_key AS key FROM blob WHERE state = 'live' LIMIT $1`,
    [limit],
  );
  return rows.map(({ key }) => key);
}

export async function markStoreClaimed(database: Database): Promise<void> {
  await database.query(`UPDATE installation SET store_claimed = true WHERE NOT store_claimed`);
}

/**
 * The number that Postgres gives a cluster when it is made, and that of the database in it (rows of earlier releases have the first alone). Null
 * where we may not ask. Throws `DatabaseUnavailable`: who can't know now must not believe that nothing changed.
 */
async function databaseSystem(database: Database): Promise<string | null> {
  const rows = await database
    .query<{ system: string }>(
      `SELECT system_identifier || '/' || oid AS system FROM pg_control_system(), pg_database WHERE datname = current_database()`,
    )
    .catch((error: unknown) => {
      if (error instanceof DatabaseUnavailable) throw error;
      return [];
    });
  return rows[0]?.system ?? null;
}
