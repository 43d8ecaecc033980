import { createSecretKey, randomBytes } from 'node:crypto';
import type { MasterKeys, WrappedKey } from '../master-keys.js';

const KEY_BYTES = 32;

/** A fresh data key for a registry, wrapped at once: nobody sees it but whoever holds the master key. */
export async function newRegistryKey(
  masterKeys: MasterKeys,
  registryId: string,
): Promise<WrappedKey & { keyId: string }> {
  const keyId = `k${randomBytes(8).toString('hex')}`;
  const bytes = randomBytes(KEY_BYTES);
  const secret = createSecretKey(bytes);
  bytes.fill(0);
  return { keyId, ...(await masterKeys.wrap(secret, { registryId, keyId })) };
}
