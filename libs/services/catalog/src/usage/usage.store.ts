import type { Database, Transaction } from '@entrepot/platform-persistence';

/** Both parts in one statement: what the worker moves from one to the other is never counted twice or not at all. */
const USAGE = `SELECT (
    coalesce((SELECT bytes FROM registry_usage WHERE registry_id = $1), 0) +
    coalesce((SELECT sum(bytes) FROM registry_usage_change WHERE registry_id = $1), 0))::float8 AS bytes`;

/** Bytes that the registry stores, each content once; those that are being released are not counted. Reads a row and the changes of a second. */
export async function usageOf(source: Pick<Database | Transaction, 'ask'>, registryId: string): Promise<number> {
  const [row] = await source.ask<{ bytes: number }>({ name: 'usage', text: USAGE, values: [registryId] });
  return row?.bytes ?? 0;
}

/** From here to the end of the transaction, nobody else who calls this counts for the registry. */
export async function countAlone(tx: Transaction, registryId: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('entrepot.catalog.usage.' || $1, 0))`, [registryId]);
}

/** Registries with changes that are not in their sum. */
export async function registriesToSum(database: Database, limit: number): Promise<string[]> {
  const rows = await database.query<{ registryId: string }>(
    `SELECT DISTINCT registry_id AS "registryId" FROM registry_usage_change LIMIT $1`,
    [limit],
  );
  return rows.map(({ registryId }) => registryId);
}

/** Moves the registry's committed changes into its sum. Does nothing while another replica does it. */
export async function sumUsage(tx: Transaction, registryId: string): Promise<void> {
  await tx.query(`INSERT INTO registry_usage (registry_id, bytes) VALUES ($1, 0) ON CONFLICT DO NOTHING`, [registryId]);
  const mine = await tx.query(`SELECT 1 FROM registry_usage WHERE registry_id = $1 FOR UPDATE SKIP LOCKED`, [
    registryId,
  ]);
  if (mine.length === 0) return;
  await tx.query(
    `WITH moved AS (DELETE FROM registry_usage_change WHERE registry_id = $1 RETURNING bytes)
     UPDATE registry_usage SET bytes = bytes + (SELECT coalesce(sum(bytes), 0)::bigint FROM moved) WHERE registry_id = $1`,
    [registryId],
  );
}
