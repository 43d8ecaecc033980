import type { KeyObject } from 'node:crypto';
import { type MasterKeys, MasterKeyMissing, MasterKeyWrong } from '@entrepot/key-management';
import type { Database } from '@entrepot/platform-persistence';
import { findKey } from '../../encryption/registry-key.store.js';
import type { KeyFinder } from './proof.js';

/** Opens registries' keys by the master keys at hand; each is asked for once. */
export function keyFinder(database: Database, masterKeys: MasterKeys | null): KeyFinder {
  const opened = new Map<string, Promise<KeyObject | null>>();
  return (registryId, keyId) => {
    const name = `${registryId} ${keyId}`;
    const known = opened.get(name) ?? open(database, masterKeys, registryId, keyId);
    opened.set(name, known);
    return known;
  };
}

async function open(
  database: Database,
  masterKeys: MasterKeys | null,
  registryId: string,
  keyId: string,
): Promise<KeyObject | null> {
  if (!masterKeys) return null;
  const key = await findKey(database, registryId, keyId);
  if (!key?.wrapped || key.masterKeyId === null) return null;
  try {
    return await masterKeys.unwrap({ masterKeyId: key.masterKeyId, wrapped: key.wrapped }, { registryId, keyId });
  } catch (error) {
    if (error instanceof MasterKeyMissing || error instanceof MasterKeyWrong) return null;
    throw error;
  }
}
