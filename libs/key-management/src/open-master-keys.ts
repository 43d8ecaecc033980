import { readFileSync } from 'node:fs';
import { ConfigInvalid, type Secret } from '@entrepot/platform-config';
import { MasterKeysInvalid } from './errors.js';
import { LocalMasterKeys } from './local/local-master-keys.js';
import type { MasterKeys } from './master-keys.js';
import { SeveralMasterKeys } from './several-master-keys.js';
import { VaultMasterKeys } from './vault/vault-master-keys.js';

/** Which master keys a process holds; `EncryptionConfig` of libs/platform/service has these fields. */
export interface MasterKeySettings {
  /** Whose key wraps from now on. */
  readonly kms: string;
  readonly masterKey?: Secret | undefined;
  readonly vaultAddress?: string | undefined;
  readonly vaultMount: string;
  readonly vaultKey: string;
  readonly vaultNamespace?: string | undefined;
  readonly vaultToken?: Secret | undefined;
  readonly vaultTokenPath?: string | undefined;
  readonly vaultCaFile?: string | undefined;
  readonly vaultTimeoutSeconds: number;
}

/**
 * The master keys that the settings name; null when they name none. With both a file and a Vault, `kms` wraps and both unwrap, so that an installation
 * can move from one to the other. Throws `ConfigInvalid`; asks nobody yet.
 */
export function openMasterKeys(settings: MasterKeySettings): MasterKeys | null {
  const local = localKeys(settings);
  const vault = vaultKeys(settings);
  if (settings.kms === 'vault') {
    if (!vault) throw new ConfigInvalid(['ENTREPOT_KMS is vault, and ENTREPOT_VAULT_ADDRESS says not where.']);
    return local ? new SeveralMasterKeys([vault, local]) : vault;
  }
  if (vault && !local) {
    throw new ConfigInvalid(['ENTREPOT_VAULT_ADDRESS is set without ENTREPOT_MASTER_KEY: set ENTREPOT_KMS to vault.']);
  }
  return local && vault ? new SeveralMasterKeys([local, vault]) : local;
}

function localKeys({ masterKey }: MasterKeySettings): LocalMasterKeys | null {
  if (masterKey === undefined) return null;
  try {
    return LocalMasterKeys.parse(masterKey.reveal());
  } catch (error) {
    if (!(error instanceof MasterKeysInvalid)) throw error;
    throw new ConfigInvalid([
      `ENTREPOT_MASTER_KEY, or the file that ENTREPOT_MASTER_KEY_FILE names: ${error.message}.`,
    ]);
  }
}

function vaultKeys(settings: MasterKeySettings): VaultMasterKeys | null {
  const { vaultAddress: address, vaultToken: token, vaultTokenPath: tokenPath, vaultCaFile } = settings;
  if (address === undefined) return null;
  if (token === undefined && tokenPath === undefined) {
    throw new ConfigInvalid(['ENTREPOT_VAULT_ADDRESS is set, and neither ENTREPOT_VAULT_TOKEN nor _TOKEN_PATH.']);
  }
  return new VaultMasterKeys({
    address,
    mount: settings.vaultMount,
    key: settings.vaultKey,
    namespace: settings.vaultNamespace,
    token,
    tokenPath,
    ca: vaultCaFile === undefined ? undefined : authorities(vaultCaFile),
    timeoutMs: settings.vaultTimeoutSeconds * 1_000,
  });
}

function authorities(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ConfigInvalid([`ENTREPOT_VAULT_CA_FILE names ${file}, which can't be read (${code}).`]);
  }
}
