import { createHmac } from 'node:crypto';
import { sameMac, type Pepper } from '../access-keys/secret-mac.js';

/** Thirty days: `docker` asks for one at login and keeps it instead of the secret. */
export const REFRESH_TOKEN_SECONDS = 30 * 24 * 3600;

/** Ours have some 200 characters. */
const MAX_LENGTH = 1_024;
const PREFIX = 'ekr1';

/** What a refresh token stands for. */
export interface RefreshGrant {
  keyId: string;
  /** The host that it was asked from, which alone accepts it. */
  audience: string;
  /** Seconds since 1970. */
  expires: number;
}

/**
 * Refresh tokens are not JWTs and no verifier of access tokens can take one for such. Each is a MAC over its grant *and* the stored MAC of the
 * key's secret: nothing has to be stored, and it dies when the secret changes; disabling the key is checked on use.
 */
export class RefreshTokens {
  readonly #key: Buffer;

  constructor(pepper: Pepper) {
    this.#key = pepper.deriveKey('entrepot refresh tokens v1');
  }

  issue(grant: RefreshGrant, secretMac: Buffer): string {
    const payload = Buffer.from(JSON.stringify([grant.keyId, grant.audience, grant.expires])).toString('base64url');
    return `${PREFIX}.${payload}.${this.#mac(payload, secretMac).toString('base64url')}`;
  }

  /** What the token claims, unchecked: only to find the key. Null when it is none of ours. */
  read(token: string): RefreshGrant | null {
    const [prefix, payload, mac, ...more] = token.length > MAX_LENGTH ? [] : token.split('.');
    if (prefix !== PREFIX || !payload || !mac || more.length > 0) return null;
    try {
      const [keyId, audience, expires] = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as unknown[];
      const legal = typeof keyId === 'string' && typeof audience === 'string' && Number.isSafeInteger(expires);
      return legal ? { keyId, audience, expires: expires as number } : null;
    } catch {
      return null;
    }
  }

  /** Whether the token is ours and was issued for the key's present secret. */
  isGenuine(token: string, secretMac: Buffer): boolean {
    const [, payload = '', mac = ''] = token.split('.');
    return sameMac(this.#mac(payload, secretMac), Buffer.from(mac, 'base64url'));
  }

  #mac(payload: string, secretMac: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(`${PREFIX}.${payload}.`).update(secretMac).digest();
  }
}
