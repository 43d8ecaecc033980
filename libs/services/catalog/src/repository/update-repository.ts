import { repositoryUpdated } from '@entrepot/contracts';
import { conflict, notFound } from '@entrepot/platform-http';
import type { CatalogPorts } from '../catalog-ports.js';
import type { Visibility } from '../registry/registry.entity.js';
import { lockRegistry } from '../registry/registry.store.js';
import { tellOfRepository } from '../registry/tell-of-registry.js';
import { refusePublic } from './create-repository.js';
import type { Repository } from './repository.entity.js';
import { lockRepository, type PlacedRepository, saveRepository } from './repository.store.js';

/** Which repository, of whose account, and who asks. */
export interface RepositoryRequest {
  accountId: string;
  registryId: string;
  repositoryId: string;
  actor: string;
}

/** What may change; what is absent stays. */
export interface RepositoryChange {
  description?: string | undefined;
  labels?: Record<string, string> | undefined;
  visibility?: Visibility | undefined;
  locked?: boolean | undefined;
}

/** Throws a 404, or a 409: it is being deleted, or the registry allows no public repositories. */
export async function updateRepository(
  { database, clock }: CatalogPorts,
  { accountId, registryId, repositoryId, actor }: RepositoryRequest,
  { description, labels, visibility, locked }: RepositoryChange,
): Promise<PlacedRepository> {
  const now = clock();
  return database.inTransaction(async (tx) => {
    const registry = await lockRegistry(tx, accountId, registryId);
    const known = registry && (await lockRepository(tx, registryId, repositoryId));
    if (!registry || !known) throw noRepository();
    if (known.state === 'Deleting' || known.state === 'Inactive') throw conflict(onlyDelete(known));
    if (visibility !== undefined) refusePublic(registry, visibility);
    const repository: Repository = {
      ...known,
      description: description ?? known.description,
      labels: labels ?? known.labels,
      visibility: visibility ?? known.visibility,
      locked: locked ?? known.locked,
      modifiedAt: now,
      modifiedBy: actor,
    };
    await saveRepository(tx, repository);
    tellOfRepository(tx, repositoryUpdated, registry, repository, { actor, now });
    return { ...repository, accountId, registryName: registry.name };
  });
}

export function noRepository() {
  return notFound('There is no such repository in this registry.');
}

function onlyDelete({ name, state }: Repository): string {
  return `The repository ${name} is in state ${state}: only its deletion may be asked for.`;
}
