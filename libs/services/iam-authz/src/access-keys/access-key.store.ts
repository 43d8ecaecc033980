import type { Database } from '@entrepot/platform-persistence';
import type { Statements } from '../statements.js';

/** A key as its owner may see it: never the secret, nor its MAC. */
export interface AccessKeyRow {
  keyId: string;
  accountId: string;
  userId: string;
  userName: string;
  enabled: boolean;
  description: string;
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
}

/** What checking a secret needs. `enabled`: the key and its account are. */
export interface KeyCredentials {
  keyId: string;
  accountId: string;
  userName: string;
  secretMac: Buffer;
  enabled: boolean;
  lastUsedAt: Date | null;
}

/** What an access key's id looks like: ours, or one that an operator chose for root. */
export const KEY_ID = /^[A-Za-z0-9._-]{3,128}$/;

const COLUMNS = `k.key_id AS "keyId", k.account_id AS "accountId", k.user_id AS "userId", u.name AS "userName",
  k.enabled AND (k.expires_at IS NULL OR k.expires_at > now()) AS enabled, k.description,
  k.created_at AS "createdAt", k.expires_at AS "expiresAt", k.last_used_at AS "lastUsedAt"`;

export async function findCredentials(db: Statements, keyId: string): Promise<KeyCredentials | null> {
  // Also keeps NUL out, which Postgres refuses to take for text.
  if (!KEY_ID.test(keyId)) return null;
  const [row] = await db.ask<KeyCredentials>({
    name: 'iam-key-credentials',
    text: `SELECT k.key_id AS "keyId", k.account_id AS "accountId", u.name AS "userName", k.secret_mac AS "secretMac",
      k.enabled AND (k.expires_at IS NULL OR k.expires_at > now()) AND a.disabled_at IS NULL AS enabled,
      k.last_used_at AS "lastUsedAt"
      FROM access_key k JOIN iam_user u USING (user_id) JOIN account a ON a.account_id = k.account_id WHERE k.key_id = $1`,
    values: [keyId],
  });
  return row ?? null;
}

export async function findKey(db: Statements, accountId: string, keyId: string): Promise<AccessKeyRow | null> {
  if (!KEY_ID.test(keyId)) return null;
  const [row] = await db.query<AccessKeyRow>(
    `SELECT ${COLUMNS} FROM access_key k JOIN iam_user u USING (user_id) WHERE k.account_id = $1 AND k.key_id = $2`,
    [accountId, keyId],
  );
  return row ?? null;
}

/** A key to be kept; its secret is not. */
export interface NewKey {
  keyId: string;
  accountId: string;
  userId: string;
  secretMac: Buffer;
  description: string;
  expiresAt: Date | null;
}

export async function insertKey(db: Statements, key: NewKey): Promise<void> {
  await db.query(
    `INSERT INTO access_key (key_id, account_id, user_id, secret_mac, description, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [key.keyId, key.accountId, key.userId, key.secretMac, key.description, key.expiresAt],
  );
}

/** Keys of an account by id, `limit` at most, after a key id. */
export function listKeys(
  db: Statements,
  { accountId, after, limit, userId }: { accountId: string; after: string; limit: number; userId: string | null },
): Promise<AccessKeyRow[]> {
  return db.query(
    `SELECT ${COLUMNS} FROM access_key k JOIN iam_user u USING (user_id)
     WHERE k.account_id = $1 AND k.key_id > $2 AND ($3::uuid IS NULL OR k.user_id = $3) ORDER BY k.key_id LIMIT $4`,
    [accountId, after, userId, limit],
  );
}

/** Coarse: written at most once an hour for a key, so that a busy one costs nothing. */
export async function touchKey(database: Database, keyId: string, now: Date): Promise<void> {
  await database.query(
    `UPDATE access_key SET last_used_at = $2 WHERE key_id = $1 AND (last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 hour')`,
    [keyId, now],
  );
}
