import { type MasterKeys, type KeptKey, newRegistryKey } from '@entrepot/key-management';
import { conflict } from '@entrepot/platform-http';

/** What the catalog is told about encryption when it is composed. */
export interface EncryptionOptions {
  /** Null: no registry can be encrypted. */
  readonly masterKeys: MasterKeys | null;
  /** Whether a new registry is encrypted when its creator doesn't say. */
  readonly byDefault: boolean;
  readonly checkSeconds: number;
  readonly escrow: { readonly path: string; readonly checkSeconds: number } | null;
}

export const NO_ENCRYPTION: EncryptionOptions = { masterKeys: null, byDefault: false, checkSeconds: 300, escrow: null };

/** Makes registries' keys. They are wrapped before the transaction that writes them: a key service must not be waited for under locks. */
export class RegistryEncryption {
  readonly masterKeys: MasterKeys | null;
  readonly #byDefault: boolean;

  constructor({ masterKeys, byDefault }: Pick<EncryptionOptions, 'masterKeys' | 'byDefault'>) {
    this.masterKeys = masterKeys;
    this.#byDefault = byDefault;
  }

  /** The first key of a registry to be; null when it isn't to be encrypted. Throws a 409 when no master key is held. */
  async keyFor(registryId: string, wanted: boolean | undefined): Promise<KeptKey | null> {
    return (wanted ?? this.#byDefault) ? this.newKey(registryId) : null;
  }

  /** Throws a 409 when no master key is held. */
  async newKey(registryId: string): Promise<KeptKey> {
    if (!this.masterKeys) throw noMasterKey();
    return { registryId, ...(await newRegistryKey(this.masterKeys, registryId)) };
  }
}

export function noMasterKey() {
  return conflict('This installation holds no master key, so nothing can be encrypted: its operator must give one.');
}
