import { badRequest, conflict, notFound } from '@entrepot/platform-http';
import type { Database } from '@entrepot/platform-persistence';
import type { IamChanges } from '../accounts/iam-changes.service.js';
import type { Clock } from '../clock.js';
import { lockUser } from '../users/user.store.js';
import { noUser } from '../users/users.service.js';
import { findKey, insertKey, listKeys, type AccessKeyRow } from './access-key.store.js';
import { newKeyId, newSecret, type Pepper } from './secret-mac.js';
import { type Asker, refuseUnlessRoot } from '../users/refuse-unless-root.js';

/** Enough to give each of a user's machines its own. */
const MAX_KEYS_PER_USER = 50;

/** A key with its secret, which is told this once. */
export interface CreatedKey {
  key: AccessKeyRow;
  secret: string;
}

/** Access keys of an account. */
export class AccessKeysService {
  constructor(
    private readonly database: Database,
    private readonly changes: IamChanges,
    private readonly pepper: Pepper,
    private readonly clock: Clock,
  ) {}

  /** Throws a 404 for an unknown user, a 403 for root's, a 400 for an expiry in the past, a 409 when the user has too many keys. */
  async create(
    { accountId, name: asker }: Asker,
    { userId, description, expiresAt }: { userId: string; description: string; expiresAt: Date | null },
  ): Promise<CreatedKey> {
    // Some of RFC 3339's dates, such as a leap second, are none of JavaScript's.
    if (expiresAt && Number.isNaN(expiresAt.getTime())) throw badRequest('expiresAt is no date that can be kept.');
    if (expiresAt && expiresAt <= this.clock()) throw badRequest('expiresAt is in the past.');
    const keyId = newKeyId();
    const secret = newSecret();
    const key = await this.changes.change(accountId, async (tx) => {
      const user = await lockUser(tx, accountId, userId);
      if (!user) throw noUser();
      refuseUnlessRoot(user.name, asker);
      const [row] = await tx.query<{ count: string }>('SELECT count(*) FROM access_key WHERE user_id = $1', [userId]);
      if (Number(row?.count) >= MAX_KEYS_PER_USER) throw conflict(`A user may have ${MAX_KEYS_PER_USER} access keys.`);
      await insertKey(tx, {
        keyId,
        accountId,
        userId,
        secretMac: this.pepper.macOf(secret),
        description,
        expiresAt,
      });
      return findKey(tx, accountId, keyId);
    });
    if (!key) throw noKey();
    return { key, secret };
  }

  list(accountId: string, userId: string | null, after: string, limit: number): Promise<AccessKeyRow[]> {
    return listKeys(this.database, { accountId, userId, after, limit });
  }

  /** Throws a 404. */
  async show(accountId: string, keyId: string): Promise<AccessKeyRow> {
    const key = await findKey(this.database, accountId, keyId);
    if (!key) throw noKey();
    return key;
  }

  /** Changes what is given. Throws a 404, a 403 for root's, or a 409 for enabling a key whose time is over. */
  async update(
    { accountId, name: asker }: Asker,
    keyId: string,
    { enabled, description }: { enabled?: boolean | undefined; description?: string | undefined },
  ): Promise<AccessKeyRow> {
    return this.changes.change(accountId, async (tx) => {
      const known = await findKey(tx, accountId, keyId);
      if (!known) throw noKey();
      refuseUnlessRoot(known.userName, asker);
      if (enabled && known.expiresAt && known.expiresAt <= this.clock()) {
        throw conflict('The access key has expired: create another one.');
      }
      await tx.query(
        `UPDATE access_key SET enabled = coalesce($3, enabled), description = coalesce($4, description) WHERE account_id = $1 AND key_id = $2`,
        [accountId, keyId, enabled ?? null, description ?? null],
      );
      const key = await findKey(tx, accountId, keyId);
      if (!key) throw noKey();
      return key;
    });
  }

  /** Throws a 404, or a 403 for root's. */
  async delete({ accountId, name: asker }: Asker, keyId: string): Promise<void> {
    await this.changes.change(accountId, async (tx) => {
      const known = await findKey(tx, accountId, keyId);
      if (!known) throw noKey();
      refuseUnlessRoot(known.userName, asker);
      await tx.query('DELETE FROM access_key WHERE account_id = $1 AND key_id = $2', [accountId, keyId]);
    });
  }
}

function noKey() {
  return notFound('There is no such access key in this account.');
}
