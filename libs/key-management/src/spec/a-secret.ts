import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

/** A data key. */
export function aSecret(): KeyObject {
  return createSecretKey(randomBytes(32));
}

/** A line of a master key file. */
export function aLine(): string {
  return randomBytes(32).toString('base64');
}

/** Every form in which a key's bytes could stand in a log line or an error. */
export function formsOf(secret: KeyObject | string): string[] {
  const bytes = typeof secret === 'string' ? Buffer.from(secret, 'base64') : secret.export();
  return [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex'), bytes.toString('latin1')];
}
