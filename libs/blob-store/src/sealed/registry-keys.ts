import type { KeyObject } from 'node:crypto';

/** A data key of one registry: 32 bytes that leave this object only into a key derivation. */
export interface RegistryKey {
  /** Names it among the keys of its registry; written beside what it seals. */
  readonly id: string;
  readonly secret: KeyObject;
}

/** Where sealed blobs get their keys. Both throw when the keys can't be had: nothing is then written, and nothing sent. */
export interface RegistryKeys {
  /** The key for new blobs; null when the registry is not encrypted. */
  current(registryId: string): Promise<RegistryKey | null>;
  /** The key that sealed an earlier blob, retired or not. */
  byId(registryId: string, keyId: string): Promise<RegistryKey>;
}
