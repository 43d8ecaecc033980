import { conflict, notFound } from '@entrepot/platform-http';
import { isUniqueViolation, uuidV7, type Database } from '@entrepot/platform-persistence';
import { ROOT_USER } from '../accounts/default-account.js';
import type { IamChanges } from '../accounts/iam-changes.service.js';
import type { Clock } from '../clock.js';
import { findUser, listUsers, lockUser, type UserRow } from './user.store.js';

/** Users of an account. */
export class UsersService {
  constructor(
    private readonly database: Database,
    private readonly changes: IamChanges,
    private readonly clock: Clock,
  ) {}

  /** Throws a 409 when the name is taken. */
  async create(accountId: string, name: string): Promise<UserRow> {
    const user = { userId: uuidV7(this.clock()), accountId, name, createdAt: this.clock() };
    try {
      await this.changes.change(accountId, (tx) =>
        tx.query('INSERT INTO iam_user (user_id, account_id, name, created_at) VALUES ($1, $2, $3, $4)', [
          user.userId,
          accountId,
          name,
          user.createdAt,
        ]),
      );
    } catch (error) {
      if (isUniqueViolation(error, 'iam_user_name')) throw conflict(`There is a user ${JSON.stringify(name)} already.`);
      throw error;
    }
    return user;
  }

  list(accountId: string, after: string, limit: number): Promise<UserRow[]> {
    return listUsers(this.database, accountId, after, limit);
  }

  /** Throws a 404. */
  async show(accountId: string, userId: string): Promise<UserRow> {
    const user = await findUser(this.database, accountId, userId);
    if (!user) throw noUser();
    return user;
  }

  /** Deletes the user with its access keys. Throws a 404, or a 409 for root. */
  async delete(accountId: string, userId: string): Promise<void> {
    await this.changes.change(accountId, async (tx) => {
      const user = await lockUser(tx, accountId, userId);
      if (!user) throw noUser();
      if (user.name === ROOT_USER) throw conflict('User root cannot be deleted: disable its access key instead.');
      await tx.query('DELETE FROM iam_user WHERE user_id = $1', [userId]);
    });
  }
}

/** 404 for an id that is no user of the account. */
export function noUser() {
  return notFound('There is no such user in this account.');
}
