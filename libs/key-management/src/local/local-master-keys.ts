import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { MasterKeyMissing, MasterKeyWrong } from '../errors.js';
import type { KeyContext, MasterKeys, WrappedKey } from '../master-keys.js';
import { KEY_BYTES, type LocalMasterKey, parseMasterKeys } from './parse-master-keys.js';

/*
 * A wrapped key is base64 of: 1 byte format (1) | 12 bytes nonce | 32 bytes AES-256-GCM ciphertext | 16 bytes tag.
 * Associated data: "entrepot registry key v1" NUL registry id NUL key id NUL master key id, in UTF-8.
 * Nonces are random: NIST SP 800-38D §8.3 allows 2^32 wraps under one master key.
 */
const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const WRAPPED_BYTES = 1 + NONCE_BYTES + KEY_BYTES + TAG_BYTES;
const PURPOSE = 'entrepot registry key v1';

/** Master keys in this process's memory, from a file or the environment. The first wraps, all unwrap. */
export class LocalMasterKeys implements MasterKeys {
  readonly #keys: ReadonlyMap<string, KeyObject>;
  readonly #current: LocalMasterKey;

  constructor(keys: readonly [LocalMasterKey, ...LocalMasterKey[]]) {
    this.#current = keys[0];
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]));
  }

  /** Throws `MasterKeysInvalid`. */
  static parse(text: string): LocalMasterKeys {
    return new LocalMasterKeys(parseMasterKeys(text) as [LocalMasterKey, ...LocalMasterKey[]]);
  }

  /** Names of all keys, the current one first. */
  get ids(): readonly string[] {
    return [...this.#keys.keys()];
  }

  async currentId(): Promise<string> {
    return this.#current.id;
  }

  async wrap(secret: KeyObject, context: KeyContext): Promise<WrappedKey> {
    const { id: masterKeyId, key } = this.#current;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associated(context, masterKeyId));
    const plain = secret.export();
    const sealed = cipher.update(plain);
    plain.fill(0);
    cipher.final();
    const wrapped = Buffer.concat([Buffer.of(FORMAT), nonce, sealed, cipher.getAuthTag()]).toString('base64');
    return { masterKeyId, wrapped };
  }

  async unwrap({ masterKeyId, wrapped }: WrappedKey, context: KeyContext): Promise<KeyObject> {
    const key = this.#keys.get(masterKeyId);
    if (!key) throw new MasterKeyMissing(masterKeyId);
    const bytes = Buffer.from(wrapped, 'base64');
    if (bytes.length !== WRAPPED_BYTES || bytes[0] !== FORMAT) throw new MasterKeyWrong(masterKeyId);
    const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(associated(context, masterKeyId))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    const plain = decipher.update(bytes.subarray(1 + NONCE_BYTES, -TAG_BYTES));
    try {
      decipher.final();
      return createSecretKey(plain);
    } catch (cause) {
      throw new MasterKeyWrong(masterKeyId, { cause });
    } finally {
      plain.fill(0);
    }
  }

  async rewrap(key: WrappedKey, context: KeyContext): Promise<WrappedKey> {
    return this.wrap(await this.unwrap(key, context), context);
  }
}

function associated({ registryId, keyId }: KeyContext, masterKeyId: string): Buffer {
  return Buffer.from([PURPOSE, registryId, keyId, masterKeyId].join('\0'), 'utf8');
}
