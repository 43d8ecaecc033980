import type { Database, Transaction } from '@entrepot/platform-persistence';
import { IsNull, MoreThan } from 'typeorm';
import { isId } from './is-id.js';
import { Registry } from './registry.entity.js';

/** Null when the account has no such registry, whether another account has or nobody. */
export async function findRegistry(
  database: Database,
  accountId: string,
  registryId: string,
): Promise<Registry | null> {
  if (!isId(registryId)) return null;
  return database.repository(Registry).findOneBy({ accountId, registryId, deletedAt: IsNull() });
}

/** Whose registry it is; null when there is none. */
export async function accountOf(database: Database, registryId: string): Promise<string | null> {
  const registry = isId(registryId)
    ? await database.repository(Registry).findOneBy({ registryId, deletedAt: IsNull() })
    : null;
  return registry?.accountId ?? null;
}

/** In byte order of their names. */
export function listRegistries(
  database: Database,
  accountId: string,
  after: string,
  limit: number,
): Promise<Registry[]> {
  return database.repository(Registry).find({
    where: { accountId, name: MoreThan(after), deletedAt: IsNull() },
    order: { name: 'ASC' },
    take: limit,
  });
}

/** The account's limits are counted by one transaction at a time. Taken before any row, so that nobody waits in a circle. */
export async function lockAccount(tx: Transaction, accountId: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('entrepot.catalog.account.' || $1, 0))`, [accountId]);
}

/** Locks the registry against changes of itself and of its set of repositories; pushes into it go on. Null as `findRegistry`. */
export async function lockRegistry(tx: Transaction, accountId: string, registryId: string): Promise<Registry | null> {
  if (!isId(registryId)) return null;
  return tx.manager.findOne(Registry, {
    where: { accountId, registryId, deletedAt: IsNull() },
    lock: { mode: 'for_no_key_update' },
  });
}

/** How many the account has, and whether one of them bears the name. The account must be locked. */
export async function countRegistries(
  tx: Transaction,
  accountId: string,
  name: string,
): Promise<{ count: number; taken: boolean }> {
  const [row] = await tx.query<{ count: number; taken: boolean }>(
    `SELECT count(*)::integer AS count, coalesce(bool_or(name = $2), false) AS taken FROM registry
     WHERE account_id = $1 AND deleted_at IS NULL`,
    [accountId, name],
  );
  return row ?? { count: 0, taken: false };
}

export async function insertRegistry(tx: Transaction, registry: Registry): Promise<void> {
  await tx.manager.insert(Registry, registry as never);
}

export async function saveRegistry(tx: Transaction, { registryId, ...registry }: Registry): Promise<void> {
  await tx.manager.update(Registry, { registryId }, registry as never);
}

/** Names of its repositories, those that are being deleted too: at most `limit`, and how many there are. */
export async function linkedRepositories(
  tx: Pick<Transaction, 'query'>,
  registryId: string,
  limit: number,
): Promise<{ names: string[]; count: number }> {
  const rows = await tx.query<{ name: string; count: number }>(
    `SELECT name, (count(*) OVER ())::integer AS count FROM repository
     WHERE registry_id = $1 AND deleted_at IS NULL ORDER BY name LIMIT $2`,
    [registryId, limit],
  );
  return { names: rows.map(({ name }) => name), count: rows[0]?.count ?? 0 };
}
