import { registryCreated } from '@entrepot/contracts';
import { conflict } from '@entrepot/platform-http';
import { quotaRefusal } from '@entrepot/policy';
import type { CatalogPorts } from '../catalog-ports.js';
import type { RegistryEncryption } from '../encryption/registry-encryption.js';
import { insertKey } from '../encryption/registry-key.store.js';
import { newId } from '../new-id.js';
import type { CatalogQuotas } from './quotas.js';
import type { RegistryPlaces } from './registry-places.js';
import type { Registry, Visibility } from './registry.entity.js';
import { countRegistries, insertRegistry, lockAccount } from './registry.store.js';
import { tellOfRegistry } from './tell-of-registry.js';

/** What is chosen for a new registry. */
export interface NewRegistry {
  name: string;
  visibility: Visibility;
  publicRepositoriesAllowed: boolean;
  createOnPush: boolean;
  labels: Record<string, string>;
  /** Undefined: as the installation has it by default. */
  encrypted: boolean | undefined;
}

/** In state `Creating` while the store can't make its place. Throws a 409 when the account has one of that name, or as many as it may, or when it is to be encrypted and no master key is held. */
export async function createRegistry(
  { database, clock }: CatalogPorts,
  quotas: CatalogQuotas,
  encryption: RegistryEncryption,
  places: RegistryPlaces,
  { accountId, actor }: { accountId: string; actor: string },
  wanted: NewRegistry,
): Promise<Registry> {
  const now = clock();
  const registryId = newId(now);
  const key = await encryption.keyFor(registryId, wanted.encrypted);
  const registry = await database.inTransaction(async (tx) => {
    await lockAccount(tx, accountId);
    const { count, taken } = await countRegistries(tx, accountId, wanted.name);
    if (taken) throw conflict(`The account has a registry ${wanted.name} already.`);
    const refusal = quotaRefusal({ kind: 'registries', used: count, limit: quotas.registries, adding: 1 });
    if (refusal) throw conflict(refusal.message, { rule: refusal.rule });
    const registry: Registry = {
      ...wanted,
      registryId,
      accountId,
      encrypted: key !== null,
      endpoint: {},
      limits: {},
      state: places.firstState,
      createdAt: now,
      createdBy: actor,
      modifiedAt: now,
      modifiedBy: actor,
      deletedAt: null,
    };
    await insertRegistry(tx, registry);
    if (key) await insertKey(tx, key, { actor, now });
    tellOfRegistry(tx, registryCreated, registry, { actor, now });
    return registry;
  });
  // After the row, which the worker finds should we die here.
  return (await places.makeNow(registryId)) ? { ...registry, state: 'Running' } : registry;
}
