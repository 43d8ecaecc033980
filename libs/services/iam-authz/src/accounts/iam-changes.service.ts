import type { Database, Transaction } from '@entrepot/platform-persistence';
import type { EpochBeat } from './epoch-beat.service.js';
import { raiseEpoch } from './epoch.store.js';

/** The one way to change an account's IAM: the change and its epoch commit together, and the beat tells it at once. */
export class IamChanges {
  constructor(
    private readonly database: Database,
    private readonly beat: EpochBeat,
  ) {}

  /** Runs `work` in a transaction that raises the account's epoch; throws what `work` throws, and nothing has happened then. */
  change<T>(accountId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.inTransaction(async (tx) => {
      const result = await work(tx);
      await raiseEpoch(tx, accountId);
      tx.afterCommit(() => this.beat.now());
      return result;
    });
  }
}
