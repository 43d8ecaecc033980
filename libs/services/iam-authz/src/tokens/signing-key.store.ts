import type { JWK } from 'jose';
import type { Statements } from '../statements.js';

/** `published`: others may learn it. `signing`: new tokens bear it. `retired`: tokens that bear it may still be alive. */
export type SigningKeyState = 'published' | 'signing' | 'retired';

export interface SigningKeyRow {
  kid: string;
  state: SigningKeyState;
  publicJwk: JWK;
  sealedPrivateJwk: Buffer;
  publishedAt: Date;
  signingSince: Date | null;
  retiredAt: Date | null;
}

/** All keys, the newest first. There are a handful. */
export function readSigningKeys(db: Statements): Promise<SigningKeyRow[]> {
  return db.query(`SELECT kid, state, public_jwk AS "publicJwk", sealed_private_jwk AS "sealedPrivateJwk",
    published_at AS "publishedAt", signing_since AS "signingSince", retired_at AS "retiredAt"
    FROM signing_key ORDER BY published_at DESC, kid`);
}

export async function insertSigningKey(db: Statements, key: Omit<SigningKeyRow, 'retiredAt'>): Promise<void> {
  await db.query(
    `INSERT INTO signing_key (kid, state, public_jwk, sealed_private_jwk, published_at, signing_since) VALUES ($1, $2, $3, $4, $5, $6)`,
    [key.kid, key.state, JSON.stringify(key.publicJwk), key.sealedPrivateJwk, key.publishedAt, key.signingSince],
  );
}

/** Hands the pen over: the signing key retires and this one signs. */
export async function promoteSigningKey(db: Statements, kid: string, now: Date): Promise<void> {
  await db.query(`UPDATE signing_key SET state = 'retired', retired_at = $1 WHERE state = 'signing'`, [now]);
  await db.query(`UPDATE signing_key SET state = 'signing', signing_since = $2 WHERE kid = $1`, [kid, now]);
}

export async function deleteRetiredKeys(db: Statements, retiredBefore: Date): Promise<void> {
  await db.query(`DELETE FROM signing_key WHERE state = 'retired' AND retired_at < $1`, [retiredBefore]);
}
