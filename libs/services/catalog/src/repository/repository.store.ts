import type { Database, Transaction } from '@entrepot/platform-persistence';
import { IsNull, MoreThan } from 'typeorm';
import { isId } from '../registry/is-id.js';
import { Repository } from './repository.entity.js';

/** A repository with what its registry says of it. */
export interface PlacedRepository extends Repository {
  accountId: string;
  registryName: string;
}

/** Null when the account's registry has no such repository. */
export async function findRepository(
  database: Database,
  accountId: string,
  registryId: string,
  repositoryId: string,
): Promise<PlacedRepository | null> {
  if (!isId(registryId) || !isId(repositoryId)) return null;
  const [registry] = await database.query<{ name: string }>(
    `SELECT name FROM registry WHERE registry_id = $1 AND account_id = $2 AND deleted_at IS NULL`,
    [registryId, accountId],
  );
  if (!registry) return null;
  const repository = await database.repository(Repository).findOneBy({ registryId, repositoryId, deletedAt: IsNull() });
  return repository && { ...repository, accountId, registryName: registry.name };
}

/** In byte order of their names, those that are being deleted among them. */
export function listRepositories(
  database: Database,
  registryId: string,
  after: string,
  limit: number,
): Promise<Repository[]> {
  return database.repository(Repository).find({
    where: { registryId, name: MoreThan(after), deletedAt: IsNull() },
    order: { name: 'ASC' },
    take: limit,
  });
}

/** Locks the repository against changes of itself; waits for pushes into it. Its registry must be locked. Null when there is none. */
export function lockRepository(tx: Transaction, registryId: string, repositoryId: string): Promise<Repository | null> {
  if (!isId(repositoryId)) return Promise.resolve(null);
  return tx.manager.findOne(Repository, {
    where: { registryId, repositoryId, deletedAt: IsNull() },
    lock: { mode: 'for_no_key_update' },
  });
}

/** The repository of that name, being deleted or not. Its registry must be locked. */
export function repositoryNamed(tx: Transaction, registryId: string, name: string): Promise<Repository | null> {
  return tx.manager.findOneBy(Repository, { registryId, name, deletedAt: IsNull() });
}

/** How many repositories the account has, and how many of them in this registry. The account must be locked. */
export async function countRepositories(
  tx: Transaction,
  accountId: string,
  registryId: string,
): Promise<{ inAccount: number; inRegistry: number }> {
  const [row] = await tx.query<{ inAccount: number; inRegistry: number }>(
    `SELECT count(*)::integer AS "inAccount", (count(*) FILTER (WHERE p.registry_id = $2))::integer AS "inRegistry"
     FROM registry r JOIN repository p ON p.registry_id = r.registry_id AND p.deleted_at IS NULL
     WHERE r.account_id = $1 AND r.deleted_at IS NULL`,
    [accountId, registryId],
  );
  return row ?? { inAccount: 0, inRegistry: 0 };
}

export async function insertRepository(tx: Transaction, repository: Repository): Promise<void> {
  await tx.manager.insert(Repository, repository as never);
}

/** `imageCount` is left out: the statements that make and end images keep it. */
export async function saveRepository(
  tx: Transaction,
  { registryId, repositoryId, imageCount: _, ...repository }: Repository,
): Promise<void> {
  await tx.manager.update(Repository, { registryId, repositoryId }, repository as never);
}

/** Names of images that are locked themselves or hold a locked digest: at most `limit`, in byte order. */
export async function lockedImages(
  tx: Transaction,
  registryId: string,
  repositoryId: string,
  limit: number,
): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(
    `SELECT i.name FROM image i
     WHERE i.registry_id = $1 AND i.repository_id = $2 AND i.deleted_at IS NULL AND (i.locked OR EXISTS (
       SELECT 1 FROM manifest m
       WHERE m.registry_id = i.registry_id AND m.image_id = i.image_id AND m.deleted_at IS NULL AND m.locked))
     ORDER BY i.name LIMIT $3`,
    [registryId, repositoryId, limit],
  );
  return rows.map(({ name }) => name);
}

/** A repository whose deletion is under way, and who asked for it. */
export interface DeletingRepository {
  accountId: string;
  registryId: string;
  repositoryId: string;
  actor: string;
}

export function deletingRepositories(database: Database, limit: number): Promise<DeletingRepository[]> {
  return database.query(
    `SELECT r.account_id AS "accountId", p.registry_id AS "registryId", p.repository_id AS "repositoryId", p.modified_by AS actor
     FROM repository p JOIN registry r ON r.registry_id = p.registry_id
     WHERE p.state = 'Deleting' AND p.deleted_at IS NULL ORDER BY p.registry_id, p.repository_id LIMIT $1`,
    [limit],
  );
}

/** After its deletion failed for a reason that time alone doesn't mend: only deletion may be asked again. */
export async function markInactive(database: Database, { registryId, repositoryId }: DeletingRepository) {
  await database.query(
    `UPDATE repository SET state = 'Inactive' WHERE registry_id = $1 AND repository_id = $2 AND state = 'Deleting' AND deleted_at IS NULL`,
    [registryId, repositoryId],
  );
}
