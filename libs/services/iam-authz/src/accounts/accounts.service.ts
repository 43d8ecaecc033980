import { accountRegistries } from '@entrepot/contracts';
import { conflict, notFound } from '@entrepot/platform-http';
import { isUniqueViolation, type Database, type Transaction } from '@entrepot/platform-persistence';
import { findKey, insertKey, type AccessKeyRow } from '../access-keys/access-key.store.js';
import type { AccessKeysService, CreatedKey } from '../access-keys/access-keys.service.js';
import { newKeyId, newSecret, type Pepper } from '../access-keys/secret-mac.js';
import type { Clock } from '../clock.js';
import type { IamMessages } from '../ports.js';
import type { Asker } from '../users/refuse-unless-root.js';
import {
  findAccount,
  insertAccount,
  listAccounts,
  lockAccount,
  newAccountId,
  removeAccount,
  type AccountRow,
} from './account.store.js';
import { DEFAULT_ACCOUNT, ROOT_USER } from './default-account.js';
import type { IamChanges } from './iam-changes.service.js';
import { isOperator, refuseUnlessOperator } from './operator.js';
import { ensureRootUser, findRootUser } from './root-user.js';

/** A disabled key is refused within a second, and no request that was let in before lives this long: nobody is making anything any more. */
export const QUIET_MS = 10_000;

const DEADLINE = { deadlineMs: 3_000 };

/** An account with the first key of its root, whose secret is told this once. */
export interface CreatedAccount {
  account: AccountRow;
  rootKey: CreatedKey;
}

/** The tenants of the installation. All but showing one's own is the operator's. */
export class AccountsService {
  constructor(
    private readonly database: Database,
    private readonly changes: IamChanges,
    private readonly keys: AccessKeysService,
    private readonly pepper: Pepper,
    private readonly messages: IamMessages,
    private readonly clock: Clock,
  ) {}

  /** An account with a root, who has every right in it, and a key of that root's. Throws a 403, or a 409 when the name is taken. */
  async create(asker: Asker, name: string): Promise<CreatedAccount> {
    refuseUnlessOperator(asker);
    try {
      // Ids are random: one that was given before is as good as impossible.
      for (;;) {
        const created = await this.#tryCreate(newAccountId(), name);
        if (created) return created;
      }
    } catch (error) {
      if (isUniqueViolation(error, 'account_name')) {
        throw conflict(`There is an account ${JSON.stringify(name)} already.`);
      }
      throw error;
    }
  }

  /** By name; whoever is not the operator sees its own alone. */
  list(asker: Asker, after: string, limit: number): Promise<AccountRow[]> {
    return listAccounts(this.database, { only: isOperator(asker) ? null : asker.accountId, after, limit });
  }

  /** Throws a 404, also for an account that is not the asker's to see. */
  async show(asker: Asker, accountId: string): Promise<AccountRow> {
    const mayKnow = isOperator(asker) || accountId === asker.accountId;
    const account = mayKnow ? await findAccount(this.database, accountId) : null;
    if (!account) throw noAccount();
    return account;
  }

  /** Disabling is felt within a second, by every key of the account. Throws a 403, a 404, or a 409 for the default account. */
  async setEnabled(asker: Asker, accountId: string, enabled: boolean): Promise<AccountRow> {
    refuseUnlessOperator(asker);
    refuseDefault(accountId, 'disabled');
    await this.show(asker, accountId);
    return this.changes.change(accountId, async (tx) => {
      const account = await needLocked(tx, accountId);
      const disabledAt = enabled ? null : (account.disabledAt ?? this.clock());
      await tx.query('UPDATE account SET disabled_at = $2 WHERE account_id = $1', [accountId, disabledAt]);
      return { ...account, disabledAt };
    });
  }

  /** Another key for a root who has lost its own; the operator's way to help. Throws a 403, a 404, or a 409 when root has too many. */
  async createRootKey(asker: Asker, accountId: string): Promise<CreatedKey> {
    refuseUnlessOperator(asker);
    await this.show(asker, accountId);
    const userId = await findRootUser(this.database, accountId);
    if (userId === null) throw noAccount();
    const description = 'Made by the operator of the installation';
    return this.keys.create({ accountId, name: ROOT_USER }, { userId, description, expiresAt: null });
  }

  /**
   * Deletes the account with its users, keys and policies. Only a disabled one that has come to rest, and that owns no registry: what it
   * owned nobody could reach or remove any more. Throws a 403, a 404, or a 409.
   */
  async delete(asker: Asker, accountId: string): Promise<void> {
    refuseUnlessOperator(asker);
    refuseDefault(accountId, 'deleted');
    this.#refuseUnlessAtRest(await this.show(asker, accountId));
    const { names } = await this.messages.ask(accountRegistries, { accountId }, DEADLINE);
    if (names.length > 0) {
      throw conflict(
        `The account owns registries (${names.join(', ')}): enable it, delete them, and disable it again.`,
      );
    }
    await this.changes.change(accountId, async (tx) => {
      this.#refuseUnlessAtRest(await needLocked(tx, accountId));
      await removeAccount(tx, accountId, this.clock());
    });
  }

  #refuseUnlessAtRest({ disabledAt }: AccountRow): void {
    if (disabledAt === null) throw conflict('The account is enabled: disable it first.');
    const restsIn = disabledAt.getTime() + QUIET_MS - this.clock().getTime();
    if (restsIn <= 0) return;
    const seconds = Math.ceil(restsIn / 1000);
    throw conflict(`Requests of the account may still be under way: try again in ${seconds} s.`, {
      headers: { 'retry-after': String(seconds) },
    });
  }

  /** Null when the id is taken. */
  async #tryCreate(accountId: string, name: string): Promise<CreatedAccount | null> {
    const account: AccountRow = { accountId, name, createdAt: this.clock(), disabledAt: null };
    const secret = newSecret();
    return this.changes.change(accountId, async (tx) => {
      if (!(await insertAccount(tx, account))) return null;
      const key = await this.#firstKey(tx, accountId, secret);
      return { account, rootKey: { key, secret } };
    });
  }

  async #firstKey(tx: Transaction, accountId: string, secret: string): Promise<AccessKeyRow> {
    const { userId } = await ensureRootUser(tx, accountId, this.clock());
    const keyId = newKeyId();
    const description = 'The first key of the account';
    await insertKey(tx, {
      keyId,
      accountId,
      userId,
      secretMac: this.pepper.macOf(secret),
      description,
      expiresAt: null,
    });
    const key = await findKey(tx, accountId, keyId);
    if (!key) throw new Error('the key that was just made is not there');
    return key;
  }
}

async function needLocked(tx: Transaction, accountId: string): Promise<AccountRow> {
  const account = await lockAccount(tx, accountId);
  if (!account) throw noAccount();
  return account;
}

function refuseDefault(accountId: string, what: 'disabled' | 'deleted'): void {
  if (accountId === DEFAULT_ACCOUNT.accountId)
    throw conflict(`The account default cannot be ${what}: it is the operator’s.`);
}

function noAccount() {
  return notFound('There is no such account.');
}
