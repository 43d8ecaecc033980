import type { Database, Transaction } from '@entrepot/platform-persistence';
import { BUILT_IN_POLICIES } from '@entrepot/policy';
import { KEY_ID } from '../access-keys/access-key.store.js';
import { sameMac, type Pepper } from '../access-keys/secret-mac.js';
import type { Clock } from '../clock.js';
import { DEFAULT_ACCOUNT } from './default-account.js';
import { raiseAllEpochs, raiseEpoch } from './epoch.store.js';
import { ensureRootUser } from './root-user.js';

/** Makes what an installation needs before anybody can log in. Every step may be repeated, and run on several replicas at once. */
export class BootstrapService {
  constructor(
    private readonly database: Database,
    private readonly pepper: Pepper,
    private readonly clock: Clock,
  ) {}

  /** Brings the system policies to what this release says; a changed one raises every account's epoch. */
  async ensureSystemPolicies(): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      await oneAtATime(tx);
      let changed = false;
      for (const { id, name, description, document } of BUILT_IN_POLICIES) {
        const rows = await tx.query(
          `INSERT INTO policy (policy_id, account_id, name, description, type, document) VALUES ($1, NULL, $2, $3, 'SYSTEM_MANAGED', $4)
           ON CONFLICT (policy_id) DO UPDATE SET description = excluded.description, document = excluded.document, modified_at = now()
           WHERE policy.document::text <> excluded.document::text OR policy.description <> excluded.description RETURNING policy_id`,
          [id, name, description, JSON.stringify(document)],
        );
        changed ||= rows.length > 0;
      }
      if (changed) await raiseAllEpochs(tx);
    });
  }

  /** Account `default` and its user `root`, without a key. */
  async ensureDefaultAccount(): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      await oneAtATime(tx);
      await this.#ensureRootUser(tx);
    });
  }

  /**
   * Makes the root key, or gives it the secret that is configured now. A changed secret raises the account's epoch; a key that somebody
   * disabled stays disabled. Throws when the key belongs to somebody else.
   */
  async ensureRoot({ accessKey, secretKey }: { accessKey: string; secretKey: string }): Promise<void> {
    if (!KEY_ID.test(accessKey)) {
      throw new Error('ENTREPOT_ROOT_ACCESS_KEY may hold 3 to 128 letters, digits, dots, hyphens and underscores.');
    }
    await this.database.inTransaction(async (tx) => {
      await oneAtATime(tx);
      const userId = await this.#ensureRootUser(tx);
      const mac = this.pepper.macOf(secretKey);
      const [known] = await tx.query<{ user_id: string; secret_mac: Buffer }>(
        'SELECT user_id, secret_mac FROM access_key WHERE key_id = $1 FOR UPDATE',
        [accessKey],
      );
      if (known && known.user_id !== userId) {
        throw new Error('ENTREPOT_ROOT_ACCESS_KEY is the access key of another user: choose another id.');
      }
      if (known && sameMac(known.secret_mac, mac)) return;
      await tx.query(
        `INSERT INTO access_key (key_id, account_id, user_id, secret_mac, description) VALUES ($1, $2, $3, $4, 'The root key of this installation')
         ON CONFLICT (key_id) DO UPDATE SET secret_mac = excluded.secret_mac`,
        [accessKey, DEFAULT_ACCOUNT.accountId, userId, mac],
      );
      await raiseEpoch(tx, DEFAULT_ACCOUNT.accountId);
    });
  }

  async #ensureRootUser(tx: Transaction): Promise<string> {
    const { accountId, name } = DEFAULT_ACCOUNT;
    await tx.query('INSERT INTO account (account_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING', [accountId, name]);
    await tx.query('INSERT INTO account_epoch (account_id) VALUES ($1) ON CONFLICT DO NOTHING', [accountId]);
    const { userId, changed } = await ensureRootUser(tx, accountId, this.clock());
    if (changed) await raiseEpoch(tx, accountId);
    return userId;
  }
}

// Replicas that start together would else meet in unique indexes.
async function oneAtATime(tx: Transaction): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('entrepot.iam.bootstrap', 0))`);
}
