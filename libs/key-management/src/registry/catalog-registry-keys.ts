import type { RegistryKey, RegistryKeys } from '@entrepot/blob-store';
import { findRegistryKey, type RegistryKeyReply, type WrappedRegistryKey } from '@entrepot/contracts';
import { oci } from '@entrepot/oci';
import type { MessageClient } from '@entrepot/platform-messaging';
import { MasterKeyMissing, MasterKeyWrong } from '../errors.js';
import type { MasterKeys } from '../master-keys.js';
import { RegistryKeyCache } from './registry-key-cache.js';

/** How long after a rotation a gateway may still seal new blobs with the key before: it stays readable, so this is no loss. */
export const CURRENT_KEY_MS = 15_000;

export interface CatalogRegistryKeysNeeds {
  readonly messages: Pick<MessageClient, 'ask'>;
  /** Null: this process holds none, and serves unencrypted registries only. */
  readonly masterKeys: MasterKeys | null;
  readonly now?: () => number;
}

/**
 * The gateway's keys: asks the catalog for wrapped ones, unwraps them with the master key that it holds, and keeps them in memory. Throws
 * `OciError` 503 with a sentence for the operator when a key can't be opened; whatever the bus or the key service throws passes through.
 */
export class CatalogRegistryKeys implements RegistryKeys {
  readonly #messages: Pick<MessageClient, 'ask'>;
  readonly #masterKeys: MasterKeys | null;
  readonly #cache: RegistryKeyCache;
  readonly #underWay = new Map<string, Promise<RegistryKey | null>>();
  #epoch = 0;

  constructor({ messages, masterKeys, now = () => performance.now() }: CatalogRegistryKeysNeeds) {
    this.#messages = messages;
    this.#masterKeys = masterKeys;
    this.#cache = new RegistryKeyCache(now);
  }

  async current(registryId: string): Promise<RegistryKey | null> {
    const known = this.#cache.current(registryId);
    return known === undefined ? this.#once(registryId, null) : known;
  }

  async byId(registryId: string, keyId: string): Promise<RegistryKey> {
    const key = this.#cache.byId(registryId, keyId) ?? (await this.#once(registryId, keyId));
    if (!key) throw noSuchKey(registryId, keyId);
    return key;
  }

  /** Drops what was unwrapped: from now on each key is asked for and opened again. */
  forget(): void {
    this.#epoch++;
    this.#cache.clear();
    this.#underWay.clear();
  }

  /** Callers that want the same key while it is being fetched share one attempt. */
  #once(registryId: string, keyId: string | null): Promise<RegistryKey | null> {
    const name = `${registryId}/${keyId ?? ''}`;
    const shared = this.#underWay.get(name);
    if (shared) return shared;
    const attempt = this.#fetch(registryId, keyId).finally(() => {
      if (this.#underWay.get(name) === attempt) this.#underWay.delete(name);
    });
    this.#underWay.set(name, attempt);
    return attempt;
  }

  async #fetch(registryId: string, keyId: string | null): Promise<RegistryKey | null> {
    const epoch = this.#epoch;
    const { encrypted, key }: RegistryKeyReply = await this.#messages.ask(findRegistryKey, { registryId, keyId });
    if (encrypted && !key) throw noSuchKey(registryId, keyId ?? 'current');
    const opened = key ? (this.#cache.byId(registryId, key.keyId) ?? (await this.#open(registryId, key))) : null;
    if (epoch !== this.#epoch) return opened;
    if (opened) this.#cache.keep(registryId, opened);
    if (keyId === null) this.#cache.keepCurrent(registryId, opened, CURRENT_KEY_MS);
    return opened;
  }

  async #open(registryId: string, key: WrappedRegistryKey): Promise<RegistryKey> {
    if (!this.#masterKeys) throw closed(new MasterKeyMissing(key.masterKeyId));
    try {
      return { id: key.keyId, secret: await this.#masterKeys.unwrap(key, { registryId, keyId: key.keyId }) };
    } catch (error) {
      if (error instanceof MasterKeyMissing || error instanceof MasterKeyWrong) throw closed(error);
      throw error;
    }
  }
}

/** Names of keys are for the operator's log, not for clients. */
function closed(cause: Error): Error {
  return unavailable(
    'this registry is encrypted and its key can’t be opened here, nothing was changed: tell the operator',
    cause,
  );
}

function noSuchKey(registryId: string, keyId: string): Error {
  const cause = new Error(`the catalog has no key ${keyId} of the registry ${registryId}`);
  return unavailable(
    'this registry is encrypted and its key is missing, nothing was changed: tell the operator',
    cause,
  );
}

/** Somebody has to act: clients need not ask again each second. */
const RETRY_SECONDS = 30;

function unavailable(message: string, cause: Error): Error {
  return Object.assign(oci.unavailable(message, RETRY_SECONDS), { cause });
}
