import type { Database } from '@entrepot/platform-persistence';

/** Registries whose place in the store is to be made, after an id. */
export async function registriesWithoutPlace(database: Database, after: string, limit: number): Promise<string[]> {
  const rows = await database.query<{ registryId: string }>(
    `SELECT registry_id AS "registryId" FROM registry
     WHERE deleted_at IS NULL AND place = 'wanted' AND registry_id > $1 ORDER BY registry_id LIMIT $2`,
    [after, limit],
  );
  return rows.map(({ registryId }) => registryId);
}

/** A registry that was deleted meanwhile has a place, too, from now on: it is removed with it. */
export async function markPlaceMade(database: Database, registryId: string): Promise<void> {
  await database.query(
    `UPDATE registry SET place = 'made', state = CASE state WHEN 'Creating' THEN 'Running' ELSE state END
     WHERE registry_id = $1`,
    [registryId],
  );
}

/** Deleted registries of which no row names bytes any more, after an id. */
export async function registriesToRemove(database: Database, after: string, limit: number): Promise<string[]> {
  const rows = await database.query<{ registryId: string }>(
    `SELECT r.registry_id AS "registryId" FROM registry r
     WHERE r.deleted_at IS NOT NULL AND r.place <> 'removed' AND r.registry_id > $1
       AND NOT EXISTS (SELECT 1 FROM blob b WHERE b.registry_id = r.registry_id AND b.state <> 'released')
       AND NOT EXISTS (SELECT 1 FROM upload u WHERE u.registry_id = r.registry_id
         AND (u.phase <> 'committed' OR u.tidy_at IS NOT NULL))
     ORDER BY r.registry_id LIMIT $2`,
    [after, limit],
  );
  return rows.map(({ registryId }) => registryId);
}

export async function markPlaceRemoved(database: Database, registryId: string): Promise<void> {
  await database.query(`UPDATE registry SET place = 'removed' WHERE registry_id = $1 AND deleted_at IS NOT NULL`, [
    registryId,
  ]);
}

/** The store is a new one: every place is to be made again. */
export async function wantAllPlaces(database: Database): Promise<void> {
  await database.query(`UPDATE registry SET place = 'wanted' WHERE place = 'made'`);
}
