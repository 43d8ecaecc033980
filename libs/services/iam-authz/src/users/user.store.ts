import type { Statements } from '../statements.js';
import { isUuid } from '../text-rules.js';

/** Somebody, or something, that holds access keys. */
export interface UserRow {
  userId: string;
  accountId: string;
  name: string;
  createdAt: Date;
}

const COLUMNS = 'user_id AS "userId", account_id AS "accountId", name, created_at AS "createdAt"';

export async function findUser(db: Statements, accountId: string, userId: string): Promise<UserRow | null> {
  if (!isUuid(userId)) return null;
  const [row] = await db.query<UserRow>(`SELECT ${COLUMNS} FROM iam_user WHERE account_id = $1 AND user_id = $2`, [
    accountId,
    userId,
  ]);
  return row ?? null;
}

/** The user, whose row nobody may delete until the transaction ends. */
export async function lockUser(db: Statements, accountId: string, userId: string): Promise<UserRow | null> {
  if (!isUuid(userId)) return null;
  const [row] = await db.query<UserRow>(
    `SELECT ${COLUMNS} FROM iam_user WHERE account_id = $1 AND user_id = $2 FOR UPDATE`,
    [accountId, userId],
  );
  return row ?? null;
}

/** Users of an account by name, `limit` at most, after a name. */
export function listUsers(db: Statements, accountId: string, after: string, limit: number): Promise<UserRow[]> {
  return db.query(`SELECT ${COLUMNS} FROM iam_user WHERE account_id = $1 AND name > $2 ORDER BY name LIMIT $3`, [
    accountId,
    after,
    limit,
  ]);
}
