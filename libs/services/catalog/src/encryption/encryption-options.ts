import type { MasterKeys } from '@entrepot/key-management';
import { ConfigInvalid } from '@entrepot/platform-config';
import type { EncryptionOptions } from './registry-encryption.js';

/** `EncryptionConfig` of libs/platform/service has these fields. */
export interface EncryptionSettings {
  readonly encryption: 'on' | 'off' | 'auto';
  readonly keyCheckSeconds: number;
  readonly escrowKeyPath?: string | undefined;
  readonly escrowCheckSeconds: number;
}

/** What the settings mean for a store of this kind. Throws `ConfigInvalid` when registries are to be encrypted and no master key is held. */
export function encryptionOptions(
  settings: EncryptionSettings,
  masterKeys: MasterKeys | null,
  { objectStorage }: { objectStorage: boolean },
): EncryptionOptions {
  const byDefault = encryptsByDefault(settings.encryption, objectStorage);
  if (byDefault && !masterKeys) {
    throw new ConfigInvalid([
      'New registries are to be encrypted, and there is no master key: give one in ENTREPOT_MASTER_KEY_FILE, or a Vault by ENTREPOT_KMS, or set ENTREPOT_ENCRYPTION to off.',
    ]);
  }
  const { keyCheckSeconds: checkSeconds, escrowKeyPath: path, escrowCheckSeconds } = settings;
  const escrow = path === undefined ? null : { path, checkSeconds: escrowCheckSeconds };
  return { masterKeys, byDefault, checkSeconds, escrow };
}

/** On for object storage, whose owner is often somebody else; a directory is usually on an encrypted disk of our own. */
export function encryptsByDefault(encryption: EncryptionSettings['encryption'], objectStorage: boolean): boolean {
  return encryption === 'auto' ? objectStorage : encryption === 'on';
}
