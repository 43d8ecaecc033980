import { randomInt } from 'node:crypto';
import type { Transaction } from '@entrepot/platform-persistence';
import type { Statements } from '../statements.js';

/** A tenant. `disabledAt`: since when none of its keys is let in. */
export interface AccountRow {
  accountId: string;
  name: string;
  createdAt: Date;
  disabledAt: Date | null;
}

const ACCOUNT_ID = /^[0-9]{12}$/;
const COLUMNS = 'account_id AS "accountId", name, created_at AS "createdAt", disabled_at AS "disabledAt"';

/** Twelve random digits, the first not zero: ids that the operator gives away must not tell how many tenants there are. */
export function newAccountId(): string {
  return String(randomInt(100_000_000_000, 1_000_000_000_000));
}

export async function findAccount(db: Statements, accountId: string): Promise<AccountRow | null> {
  return one(db, accountId, '');
}

/** The account, whose row nobody else may change until the transaction ends. */
export async function lockAccount(tx: Transaction, accountId: string): Promise<AccountRow | null> {
  return one(tx, accountId, 'FOR UPDATE');
}

/** Accounts by name, `limit` at most, after a name; only this one unless `only` is null. */
export function listAccounts(
  db: Statements,
  { only, after, limit }: { only: string | null; after: string; limit: number },
): Promise<AccountRow[]> {
  return db.query(
    `SELECT ${COLUMNS} FROM account
     WHERE deleted_at IS NULL AND name > $2 AND ($1::text IS NULL OR account_id = $1) ORDER BY name LIMIT $3`,
    [only, after, limit],
  );
}

/** False when an account, a deleted one perhaps, has the id. Throws a unique violation of `account_name` when the name is taken. */
export async function insertAccount(tx: Transaction, account: AccountRow): Promise<boolean> {
  const rows = await tx.query(
    `INSERT INTO account (account_id, name, created_at) VALUES ($1, $2, $3)
     ON CONFLICT (account_id) DO NOTHING RETURNING account_id`,
    [account.accountId, account.name, account.createdAt],
  );
  return rows.length > 0;
}

/** Removes all that belongs to the account. The row stays, so that the id is never given again. */
export async function removeAccount(tx: Transaction, accountId: string, now: Date): Promise<void> {
  await tx.query('DELETE FROM iam_user WHERE account_id = $1', [accountId]);
  await tx.query('DELETE FROM policy WHERE account_id = $1', [accountId]);
  await tx.query('UPDATE account SET deleted_at = $2 WHERE account_id = $1', [accountId, now]);
}

async function one(db: Statements, accountId: string, lock: '' | 'FOR UPDATE'): Promise<AccountRow | null> {
  if (!ACCOUNT_ID.test(accountId)) return null;
  const [row] = await db.query<AccountRow>(
    `SELECT ${COLUMNS} FROM account WHERE account_id = $1 AND deleted_at IS NULL ${lock}`,
    [accountId],
  );
  return row ?? null;
}
