import { registryUpdated } from '@entrepot/contracts';
import { notFound } from '@entrepot/platform-http';
import type { CatalogPorts } from '../catalog-ports.js';
import type { RegistryLimits } from '../image/place.store.js';
import type { Registry } from './registry.entity.js';
import { lockRegistry, saveRegistry } from './registry.store.js';
import { tellOfRegistry } from './tell-of-registry.js';

/** What may change; what is absent stays. A limit of null is the installation's default again. */
export interface RegistryChange {
  createOnPush?: boolean | undefined;
  labels?: Record<string, string> | undefined;
  limits?: RegistryLimits | undefined;
}

/** Throws a 404. */
export async function updateRegistry(
  { database, clock }: CatalogPorts,
  { accountId, registryId, actor }: { accountId: string; registryId: string; actor: string },
  { createOnPush, labels, limits }: RegistryChange,
): Promise<Registry> {
  const now = clock();
  return database.inTransaction(async (tx) => {
    const known = await lockRegistry(tx, accountId, registryId);
    if (!known) throw noRegistry();
    const registry: Registry = {
      ...known,
      createOnPush: createOnPush ?? known.createOnPush,
      labels: labels ?? known.labels,
      limits: { ...known.limits, ...limits },
      modifiedAt: now,
      modifiedBy: actor,
    };
    await saveRegistry(tx, registry);
    tellOfRegistry(tx, registryUpdated, registry, { actor, now });
    return registry;
  });
}

export function noRegistry() {
  return notFound('There is no such registry in this account.');
}
