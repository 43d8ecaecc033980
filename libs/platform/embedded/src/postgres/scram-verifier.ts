import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** Postgres's own default (`scram_iterations`). Passwords here are 256 random bits, so more would protect nothing. */
const ITERATIONS = 4096;

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/**
 * What Postgres stores for a password, in the form that `ALTER ROLE … PASSWORD` takes as it is: so the password itself is never part of a
 * statement. RFC 5803 §2; https://www.postgresql.org/docs/18/catalog-pg-authid.html
 *
 * @param password ASCII only: other text would need SASLprep
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const stored = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64');
  const server = hmac(salted, 'Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${server}`;
}
