import {
  type KeptKey,
  MasterKeyMissing,
  type MasterKeys,
  MasterKeyWrong,
  type WrappedKey,
} from '@entrepot/key-management';
import type { Database } from '@entrepot/platform-persistence';
import { countUnderOthers, keysUnderOthers, replaceWrapping } from './registry-key.store.js';

export interface Rewrapped {
  /** The current master key, under which everything is to be. */
  readonly masterKeyId: string;
  /** Keys that this run wrapped anew. */
  readonly rewrapped: number;
  /** Whether it came to the end of them; else the time was up. */
  readonly finished: boolean;
  /** Keys that are still under another master key, the closed ones among them. */
  readonly remaining: number;
  /** Keys met by this run that the master keys held here don't open: untouched. At most 100 of them. */
  readonly closed: readonly { registryId: string; keyId: string; masterKeyId: string }[];
}

/** Rows in one transaction. */
const BATCH = 50;
const MAX_TOLD = 100;

/**
 * Wraps registries' keys by the current master key: in small transactions, so that a run that is cut off loses nothing and the next goes on. Twice is
 * harmless, and several at once are. Data keys stay the same, so pushes and pulls go on and no blob is touched. Stops after `withinMs`.
 * Throws what the key service throws; what was done before stays done.
 */
export async function rewrapKeys(
  database: Database,
  masterKeys: MasterKeys,
  { withinMs, batch = BATCH }: { withinMs: number; batch?: number },
): Promise<Rewrapped> {
  const end = performance.now() + withinMs;
  const masterKeyId = await masterKeys.currentId();
  const closed: { registryId: string; keyId: string; masterKeyId: string }[] = [];
  let [rewrapped, finished, position] = [0, false, ['', ''] as [string, string]];
  do {
    const keys = await keysUnderOthers(database, masterKeyId, position, batch);
    const last = keys.at(-1);
    finished = keys.length < batch;
    if (!last) break;
    position = [last.registryId, last.keyId];
    const opened: [KeptKey, WrappedKey][] = [];
    for (const key of keys) {
      const wrapped = await rewrapOne(masterKeys, key);
      if (wrapped) opened.push([key, wrapped]);
      else closed.push({ registryId: key.registryId, keyId: key.keyId, masterKeyId: key.masterKeyId });
    }
    rewrapped += await database.inTransaction(async (tx) => {
      let count = 0;
      for (const [key, wrapped] of opened) if (await replaceWrapping(tx, key, wrapped)) count++;
      return count;
    });
  } while (!finished && performance.now() < end);
  const remaining = await countUnderOthers(database, masterKeyId);
  return { masterKeyId, rewrapped, finished, remaining, closed: closed.slice(0, MAX_TOLD) };
}

async function rewrapOne(masterKeys: MasterKeys, key: KeptKey): Promise<WrappedKey | null> {
  try {
    return await masterKeys.rewrap(key, key);
  } catch (error) {
    if (error instanceof MasterKeyMissing || error instanceof MasterKeyWrong) return null;
    throw error;
  }
}
