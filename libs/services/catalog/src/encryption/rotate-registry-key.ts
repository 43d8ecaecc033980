import { registryUpdated } from '@entrepot/contracts';
import { conflict } from '@entrepot/platform-http';
import type { CatalogPorts } from '../catalog-ports.js';
import { lockRegistry } from '../registry/registry.store.js';
import { tellOfRegistry } from '../registry/tell-of-registry.js';
import { noRegistry } from '../registry/update-registry.js';
import type { RegistryEncryption } from './registry-encryption.js';
import { insertKey, retireCurrentKey } from './registry-key.store.js';

/**
 * Gives a registry a new key for new blobs; gateways use it within seconds (`CURRENT_KEY_MS`). What is stored stays as it is and readable by the
 * key before. Throws a 404, a 409 when the registry is not encrypted. Resolves to the new key's id.
 */
export async function rotateRegistryKey(
  { database, clock }: CatalogPorts,
  encryption: RegistryEncryption,
  { accountId, registryId, actor }: { accountId: string; registryId: string; actor: string },
): Promise<string> {
  const now = clock();
  const key = await encryption.newKey(registryId);
  await database.inTransaction(async (tx) => {
    const registry = await lockRegistry(tx, accountId, registryId);
    if (!registry) throw noRegistry();
    if (!registry.encrypted) throw conflict('The registry is not encrypted, which was chosen when it was made.');
    await retireCurrentKey(tx, registryId, now);
    await insertKey(tx, key, { actor, now });
    tellOfRegistry(tx, registryUpdated, registry, { actor, now });
  });
  return key.keyId;
}
