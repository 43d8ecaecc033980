import type { RegistryKeys } from './registry-keys.js';
import type { SealMode } from './sealed.store.js';

/** Encrypts the new blobs of registries that have a key, and gives those of others checks. */
export function sealByKeys(keys: Pick<RegistryKeys, 'current'>): (registryId: string) => Promise<SealMode> {
  return async (registryId) => {
    const key = await keys.current(registryId);
    return key ? { format: 'aes', key } : { format: 'crc' };
  };
}
