import { existsSync } from 'node:fs';
import { encryptsByDefault } from '@entrepot/catalog';
import { type Environment, loadConfig } from '@entrepot/platform-config';
import type { DataDirectory } from '@entrepot/platform-embedded';
import { EncryptionConfig, StorageConfig } from '@entrepot/platform-service';

/**
 * The environment with the master key of the data directory, `secrets/master-key`: made, 0600, when registries are to be encrypted and no other
 * master key is named. One that is there is always given, so that what it encrypted stays readable.
 */
export function withMasterKey(env: Environment, data: DataDirectory): NodeJS.ProcessEnv {
  if (env['ENTREPOT_MASTER_KEY'] || env['ENTREPOT_MASTER_KEY_FILE']) return { ...env };
  const { encryption, kms } = loadConfig(EncryptionConfig, env);
  const { objectStorage } = loadConfig(StorageConfig, env);
  const path = data.secretPath('master-key');
  if (kms === 'local' && encryptsByDefault(encryption, objectStorage)) data.secret('master-key');
  return existsSync(path) ? { ...env, ENTREPOT_MASTER_KEY_FILE: path } : { ...env };
}

/** With the secrets of the object storage. */
const KEY_SETTINGS = /^ENTREPOT_(KMS|MASTER_KEY|VAULT_|ENCRYPTION|ESCROW_|KEY_CHECK_|STORAGE|S3_)/;
/** The catalog alone decides what is encrypted, and looks after the escrow. */
const OF_CATALOG = /^ENTREPOT_(ENCRYPTION|ESCROW_)/;

/** Whether a variable is for those who encrypt, decrypt and store bytes: no other service is told. */
export function isKeySetting(name: string): boolean {
  return KEY_SETTINGS.test(name);
}

/** Those of an environment that one of the two needs. */
export function keySettings(env: Environment, service: 'catalog' | 'registry-gateway'): NodeJS.ProcessEnv {
  const needed = (name: string) => isKeySetting(name) && (service === 'catalog' || !OF_CATALOG.test(name));
  return Object.fromEntries(Object.entries(env).filter(([name]) => needed(name)));
}
