import { readFile } from 'node:fs/promises';
import {
  checkKeys,
  escrowSentence,
  type KeyVerdict,
  KeyWatch,
  LocalMasterKeys,
  type MasterKeys,
} from '@entrepot/key-management';
import type { Database, PlatformLogger } from '@entrepot/platform-persistence';
import type { EncryptionOptions } from './registry-encryption.js';
import { livingKeys } from './registry-key.store.js';

const PAGE = 500;

/** Tries to open every key of every registry that is there. */
export function checkAllKeys(database: Database, masterKeys: MasterKeys | null): Promise<KeyVerdict> {
  return checkKeys(masterKeys, livingKeys(database, PAGE));
}

/** The same with keys from a file that is read for it. Throws when the file can't be read or holds no keys. */
export async function checkEscrow(database: Database, path: string): Promise<KeyVerdict> {
  return checkAllKeys(database, LocalMasterKeys.parse(await readFile(path, 'utf8')));
}

/** What the catalog watches: that its own master keys open everything, and that those in escrow still do. */
export class KeyWatches {
  readonly own: KeyWatch;
  readonly escrow: KeyWatch | null;

  constructor(database: Database, { masterKeys, checkSeconds, escrow }: EncryptionOptions, logger: PlatformLogger) {
    this.own = new KeyWatch({
      check: () => checkAllKeys(database, masterKeys),
      logger,
      intervalSeconds: checkSeconds,
    });
    this.escrow = escrow
      ? new KeyWatch({
          check: () => checkEscrow(database, escrow.path),
          logger,
          intervalSeconds: escrow.checkSeconds,
          sentence: escrowSentence,
        })
      : null;
  }

  /** Throws `EncryptionRefused` when a master key is missing or wrong. */
  async start(): Promise<void> {
    await this.own.start();
    this.escrow?.startQuietly();
  }

  async stop(): Promise<void> {
    await Promise.all([this.own.stop(), this.escrow?.stop()]);
  }
}
