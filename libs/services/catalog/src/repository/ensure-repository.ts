import type { EnsureRepositoryReply, EnsureRepositoryRequest } from '@entrepot/contracts';
import { oci, parseRepositoryName } from '@entrepot/oci';
import type { Transaction } from '@entrepot/platform-persistence';
import type { CatalogPorts } from '../catalog-ports.js';
import type { CatalogQuotas } from '../registry/quotas.js';
import type { Registry } from '../registry/registry.entity.js';
import { accountOf, lockAccount, lockRegistry } from '../registry/registry.store.js';
import { makeRepository, notRunning, quotaOfRepositories, takenBy } from './create-repository.js';
import { repositoryNamed } from './repository.store.js';

/**
 * The repository that a push names, made if it is not there: private, in a registry that creates repositories on push. First pushes that
 * arrive together get one and the same. Throws `NAME_UNKNOWN`, `NAME_INVALID` or `DENIED`.
 */
export async function ensureRepository(
  { database, clock }: CatalogPorts,
  quotas: CatalogQuotas,
  request: EnsureRepositoryRequest,
): Promise<EnsureRepositoryReply> {
  const { registryId, actor } = request;
  const name = parseRepositoryName(request.name);
  const accountId = await accountOf(database, registryId);
  return database.inTransaction(async (tx) => {
    if (accountId !== null) await lockAccount(tx, accountId);
    const registry = accountId === null ? null : await lockRegistry(tx, accountId, registryId);
    if (!registry) throw oci.nameUnknown('the registry is gone');
    const known = await repositoryNamed(tx, registryId, name);
    if (known?.state === 'Active' || known?.state === 'Editing') return { repositoryId: known.repositoryId };
    if (known) throw oci.denied(takenBy(known, registry));
    await refuse(tx, registry, quotas);
    const wanted = { name, description: '', visibility: 'private' as const, labels: {} };
    const { repositoryId } = await makeRepository(tx, registry, wanted, { actor, now: clock() });
    return { repositoryId };
  });
}

async function refuse(tx: Transaction, registry: Registry, quotas: CatalogQuotas): Promise<void> {
  if (registry.state !== 'Running') throw oci.denied(notRunning(registry));
  if (!registry.createOnPush) {
    throw oci.denied(`The registry ${registry.name} does not create repositories on push: create it first.`);
  }
  const refusal = await quotaOfRepositories(tx, registry, quotas);
  if (refusal) throw oci.quotaExceeded(refusal);
}
