import type { RegistryKeys } from './registry-keys.js';
import type { SealMode } from './sealed.store.js';

/**
 * Encrypts the new blobs of registries that have a key. Those of others get checks, or stay as they are where clients are to fetch them from the
 * store by themselves (`handedOut`): what stands between them and the bytes then is the store's own care.
 */
export function sealByKeys(
  keys: Pick<RegistryKeys, 'current'>,
  { handedOut = false } = {},
): (registryId: string) => Promise<SealMode> {
  return async (registryId) => {
    const key = await keys.current(registryId);
    return key ? { format: 'aes', key } : { format: handedOut ? 'raw' : 'crc' };
  };
}
