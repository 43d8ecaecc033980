import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@entrepot/platform-config';

// RFC 4648 §6: no 0, 1, 8 or 9 that could be misread.
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const ID_CHARACTERS = 18;

/** A new access key id: `EK` and 18 base32 characters, 90 bits of chance. It is no secret. */
export function newKeyId(): string {
  return `EK${Array.from(randomBytes(ID_CHARACTERS), (byte) => BASE32[byte & 31]).join('')}`;
}

/** A new secret: 256 random bits, base64url, so that it has no colon (RFC 7617 splits at one). */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * The installation's pepper at work. Secrets are random and long, so a keyed hash is enough where a password would need a slow one; the
 * database alone is then worth nothing to a thief. Keys for other uses are derived from it, each for its own purpose.
 */
export class Pepper {
  readonly #value: string;

  constructor(pepper: Secret) {
    this.#value = pepper.reveal();
  }

  /** HMAC-SHA256(pepper, secret). */
  macOf(secret: string): Buffer {
    return createHmac('sha256', this.#value).update(secret).digest();
  }

  /** 256 bits for one purpose (HKDF-SHA256, RFC 5869). */
  deriveKey(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#value, '', purpose, 32));
  }
}

/** Whether two MACs are equal, in a time that doesn't tell where they differ. */
export function sameMac(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
