import { createSecretKey, type KeyObject } from 'node:crypto';
import { MasterKeyMissing, MasterKeysUnavailable, MasterKeyWrong } from '../errors.js';
import type { KeyContext, MasterKeys, WrappedKey } from '../master-keys.js';
import { TransitClient, type VaultAddress, VaultRefusal } from './transit-client.js';

export interface VaultSettings extends VaultAddress {
  /** Name of the transit key, made with `derived=true`. */
  readonly key: string;
}

const KEY_BYTES = 32;
const CIPHERTEXT = /^vault:v(\d{1,9}):[A-Za-z0-9+/=_-]{1,1000}$/;

/**
 * Master keys that never leave a Vault or OpenBao: its transit engine encrypts and decrypts for us, under a key derived from registry and key id.
 * A version of the transit key is a master key, named `vault-<name>-v<n>`; Vault rotates it, `rewrap` follows.
 */
export class VaultMasterKeys implements MasterKeys {
  readonly #client: TransitClient;
  /** Whether the transit key was seen to be there and derived. */
  #derived = false;

  constructor(private readonly settings: VaultSettings) {
    this.#client = new TransitClient(settings);
  }

  async currentId(): Promise<string> {
    this.#derived = false;
    const { latest_version: version, derived } = await this.#call('GET', 'keys');
    if (derived !== true) {
      throw new MasterKeysUnavailable(
        `the transit key ${this.settings.key} was not made with derived=true: make one that was, since registries' keys are bound to their registry by it`,
        { retryable: false },
      );
    }
    this.#derived = true;
    return this.#idOf(Number(version));
  }

  async wrap(secret: KeyObject, context: KeyContext): Promise<WrappedKey> {
    // Vault ignores the context where the key is not derived, and makes a key that is not there for a token that may.
    if (!this.#derived) await this.currentId();
    const plain = secret.export();
    const plaintext = plain.toString('base64');
    plain.fill(0);
    return this.#wrapped(await this.#call('POST', 'encrypt', { plaintext, context: derivation(context) }));
  }

  async unwrap({ masterKeyId, wrapped }: WrappedKey, context: KeyContext): Promise<KeyObject> {
    this.#requireOurs(masterKeyId, wrapped);
    const { plaintext } = await this.#open(masterKeyId, 'decrypt', wrapped, context);
    const plain = Buffer.from(String(plaintext), 'base64');
    if (plain.length !== KEY_BYTES) throw new MasterKeyWrong(masterKeyId);
    const secret = createSecretKey(plain);
    plain.fill(0);
    return secret;
  }

  /** Inside Vault: the data key isn't seen here. */
  async rewrap({ masterKeyId, wrapped }: WrappedKey, context: KeyContext): Promise<WrappedKey> {
    this.#requireOurs(masterKeyId, wrapped);
    return this.#wrapped(await this.#open(masterKeyId, 'rewrap', wrapped, context));
  }

  async #open(masterKeyId: string, verb: string, ciphertext: string, context: KeyContext) {
    try {
      return await this.#call('POST', verb, { ciphertext, context: derivation(context) });
    } catch (error) {
      if (!(error instanceof VaultRefusal && error.status === 400)) throw error;
      const why = whyMissing(error.errors.join());
      if (why !== undefined) throw new MasterKeyMissing(masterKeyId, why, { cause: error });
      throw new MasterKeyWrong(masterKeyId, { cause: error });
    }
  }

  async #call(method: 'GET' | 'POST', verb: string, body?: object): Promise<Record<string, unknown>> {
    const { key } = this.settings;
    try {
      return await this.#client.call(method, `${verb}/${encodeURIComponent(key)}`, body);
    } catch (error) {
      if (error instanceof VaultRefusal && error.status === 404) {
        throw new MasterKeysUnavailable(`Vault has no transit key ${key} in ${this.settings.mount}`, {
          cause: error,
          retryable: false,
        });
      }
      if (error instanceof VaultRefusal && !(error.status === 400 && (verb === 'decrypt' || verb === 'rewrap'))) {
        throw new MasterKeysUnavailable(error.message, { cause: error, retryable: false });
      }
      throw error;
    }
  }

  #wrapped({ ciphertext }: Record<string, unknown>): WrappedKey {
    const match = CIPHERTEXT.exec(String(ciphertext));
    if (!match) throw new MasterKeysUnavailable('Vault answers with something that is no ciphertext of its own');
    return { masterKeyId: this.#idOf(Number(match[1])), wrapped: match[0] };
  }

  #idOf(version: number): string {
    if (!Number.isSafeInteger(version) || version < 1) {
      throw new MasterKeysUnavailable('Vault does not tell the version of its transit key');
    }
    return `vault-${this.settings.key}-v${version}`;
  }

  /** A key that a file's master key wrapped, or another transit key, is none of Vault's business. */
  #requireOurs(masterKeyId: string, wrapped: string): void {
    const [, version] = CIPHERTEXT.exec(wrapped) ?? [];
    if (version === undefined || masterKeyId !== this.#idOf(Number(version))) throw new MasterKeyMissing(masterKeyId);
  }
}

/** Vault answers 400 too when it holds no such key any more; only its words tell that from a ciphertext that does not authenticate. */
function whyMissing(words: string): string | undefined {
  if (words.includes('(too old)')) {
    return 'Vault has retired that version: lower min_decryption_version of the transit key until all is rewrapped';
  }
  if (words.includes('version is too new'))
    return 'Vault’s transit key has no such version: is it another Vault, or restored?';
  if (words.includes('key not found')) return 'Vault has no such transit key';
  return undefined;
}

/** What Vault derives the key from: it must be base64. https://developer.hashicorp.com/vault/docs/secrets/transit#usage */
function derivation({ registryId, keyId }: KeyContext): string {
  return Buffer.from(`entrepot registry key v1\0${registryId}\0${keyId}`, 'utf8').toString('base64');
}
