import { repositoryCreated } from '@entrepot/contracts';
import { conflict } from '@entrepot/platform-http';
import { quotaRefusal } from '@entrepot/policy';
import type { Transaction } from '@entrepot/platform-persistence';
import type { CatalogPorts } from '../catalog-ports.js';
import { newId } from '../new-id.js';
import type { Deed } from '../outbox/tell-of-image.js';
import type { CatalogQuotas } from '../registry/quotas.js';
import type { Registry, Visibility } from '../registry/registry.entity.js';
import { lockAccount, lockRegistry } from '../registry/registry.store.js';
import { tellOfRepository } from '../registry/tell-of-registry.js';
import { noRegistry } from '../registry/update-registry.js';
import type { Repository } from './repository.entity.js';
import { countRepositories, insertRepository, repositoryNamed } from './repository.store.js';

/** What is chosen for a new repository. */
export interface NewRepository {
  name: string;
  description: string;
  visibility: Visibility;
  labels: Record<string, string>;
}

/** Throws a 404, or a 409: the name is taken, the registry is not Running or allows no public repositories, a quota refuses. */
export async function createRepository(
  { database, clock }: CatalogPorts,
  quotas: CatalogQuotas,
  { accountId, registryId, actor }: { accountId: string; registryId: string; actor: string },
  wanted: NewRepository,
): Promise<Repository> {
  const deed: Deed = { actor, now: clock() };
  return database.inTransaction(async (tx) => {
    await lockAccount(tx, accountId);
    const registry = await lockRegistry(tx, accountId, registryId);
    if (!registry) throw noRegistry();
    if (registry.state !== 'Running') throw conflict(notRunning(registry));
    refusePublic(registry, wanted.visibility);
    const known = await repositoryNamed(tx, registryId, wanted.name);
    if (known) throw conflict(takenBy(known, registry));
    const refusal = await quotaOfRepositories(tx, registry, quotas);
    if (refusal) throw conflict(refusal, { rule: 'quota:repositories' });
    return makeRepository(tx, registry, wanted, deed);
  });
}

/** The row and the fact; all checks are the caller's. The registry must be locked. */
export async function makeRepository(
  tx: Transaction,
  registry: Registry,
  wanted: NewRepository,
  deed: Deed,
): Promise<Repository> {
  const { actor, now } = deed;
  const repository: Repository = {
    ...wanted,
    registryId: registry.registryId,
    repositoryId: newId(now),
    policies: {},
    locked: false,
    state: 'Active',
    imageCount: 0,
    createdAt: now,
    createdBy: actor,
    modifiedAt: now,
    modifiedBy: actor,
    deletedAt: null,
  };
  await insertRepository(tx, repository);
  tellOfRepository(tx, repositoryCreated, registry, repository, deed);
  return repository;
}

/** Why one more is too many, with the numbers; null when it isn't. The account must be locked. */
export async function quotaOfRepositories(
  tx: Transaction,
  { accountId, registryId, limits }: Registry,
  quotas: CatalogQuotas,
): Promise<string | null> {
  const { inAccount, inRegistry } = await countRepositories(tx, accountId, registryId);
  const kind = 'repositories';
  const own = quotaRefusal({ kind, used: inRegistry, limit: limits.repositories ?? null, adding: 1 });
  if (own) return own.message.replace('of the account', 'of the registry');
  return quotaRefusal({ kind, used: inAccount, limit: quotas.repositories, adding: 1 })?.message ?? null;
}

/** Throws a 409. */
export function refusePublic(registry: Registry, visibility: Visibility): void {
  if (visibility === 'private' || registry.publicRepositoriesAllowed) return;
  throw conflict(
    `The registry ${registry.name} allows no public repositories; that can be chosen only when a registry is created (publicRepositoriesAllowed).`,
  );
}

export function notRunning({ name, state }: Registry): string {
  return `The registry ${name} is in state ${state}: nothing in it can be changed.`;
}

export function takenBy({ name, state }: Repository, registry: Registry): string {
  const deleting =
    state === 'Active' || state === 'Editing' ? 'already' : `in state ${state}: its deletion is not done`;
  return `The registry ${registry.name} has a repository ${name} ${deleting}.`;
}
