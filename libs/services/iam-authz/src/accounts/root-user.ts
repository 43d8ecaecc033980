import { uuidV7, type Transaction } from '@entrepot/platform-persistence';
import type { Statements } from '../statements.js';
import { ROOT_USER } from './default-account.js';

/** The policy of every account's root: the only one that lets it make all others. */
const ROOT_POLICY = 'ScrAdministrator';

/** The id of the account's root. Null when there is no such account, or nobody has made it yet. */
export async function findRootUser(db: Statements, accountId: string): Promise<string | null> {
  const [user] = await db.query<{ user_id: string }>(
    'SELECT user_id FROM iam_user WHERE account_id = $1 AND name = $2',
    [accountId, ROOT_USER],
  );
  return user?.user_id ?? null;
}

/** The account's root with its policy, made where they are missing. `changed`: something was. */
export async function ensureRootUser(
  tx: Transaction,
  accountId: string,
  now: Date,
): Promise<{ userId: string; changed: boolean }> {
  const known = await findRootUser(tx, accountId);
  const userId = known ?? uuidV7(now);
  if (known === null) {
    const values = [userId, accountId, ROOT_USER];
    await tx.query('INSERT INTO iam_user (user_id, account_id, name) VALUES ($1, $2, $3)', values);
  }
  const attached = await tx.query(
    'INSERT INTO policy_attachment (user_id, policy_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING policy_id',
    [userId, ROOT_POLICY],
  );
  return { userId, changed: known === null || attached.length > 0 };
}
