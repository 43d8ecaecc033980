import type { KeyObject } from 'node:crypto';

/** Whose data key is wrapped. Bound into the wrapping, so that a row moved to another registry does not open. */
export interface KeyContext {
  readonly registryId: string;
  readonly keyId: string;
}

/** A data key as it is kept in a row and travels over the bus: nobody can use it without the master key. */
export interface WrappedKey {
  /** Names the master key, tells nothing about it. */
  readonly masterKeyId: string;
  /** Base64 (local keys), or Vault's own ciphertext. */
  readonly wrapped: string;
}

/**
 * The port to what holds the master keys: a file of this installation, or a key management service. Data keys are 32 bytes and leave their
 * `KeyObject` only inside an adapter. All methods may throw `MasterKeysUnavailable`.
 */
export interface MasterKeys {
  /** Name of the master key that `wrap` uses from now on. */
  currentId(): Promise<string>;

  wrap(secret: KeyObject, context: KeyContext): Promise<WrappedKey>;

  /** Throws `MasterKeyMissing` when the master key is not held, `MasterKeyWrong` when it is and does not open this. */
  unwrap(key: WrappedKey, context: KeyContext): Promise<KeyObject>;

  /** The same data key under the current master key. Throws as `unwrap`. */
  rewrap(key: WrappedKey, context: KeyContext): Promise<WrappedKey>;
}
