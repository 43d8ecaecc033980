import type { Database } from '@entrepot/platform-persistence';

/** Those of these keys that an upload session still writes to. */
export async function keysBeingWritten(database: Database, keys: readonly string[]): Promise<Set<string>> {
  const rows = await database.query<{ key: string }>(
    `SELECT u.store_key AS key FROM unnest($1::text[]) AS k (key)
     JOIN upload u ON u.registry_id = split_part(k.key, '/', 2) AND u.store_key = k.key WHERE u.phase = 'open'`,
    [keys],
  );
  return new Set(rows.map(({ key }) => key));
}
