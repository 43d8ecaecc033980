import { importJWK, type CryptoKey, type JWK } from 'jose';
import { TOKEN_ALGORITHM } from './token-format.js';

/** Fetches the JWK Set; throws when it can't be had. */
export type FetchKeys = () => Promise<readonly Record<string, unknown>[]>;

/** Anybody can send a token with an unknown `kid`; the issuer is asked this often at most. */
const ASK_AGAIN_MS = 5_000;

/** The set holds the keys before, of and after now; more means that something is wrong. */
const MAX_KEYS = 16;

/**
 * The public keys that tokens may be signed with. A key is published minutes before it signs and unpublished only after its last token
 * ended, so a set that is refreshed each minute always knows the key of an honest token.
 */
export class TokenKeyRing {
  #keys = new Map<string, CryptoKey>();
  #askedAt = -Infinity;
  #loading: Promise<void> | null = null;

  constructor(
    private readonly fetchKeys: FetchKeys,
    private readonly now: () => number,
  ) {}

  /** The key of this id; null when the issuer doesn't publish one. Throws what `fetchKeys` threw when the set was never read. */
  async find(kid: string): Promise<CryptoKey | null> {
    const known = this.#keys.get(kid);
    if (known) return known;
    if (this.#keys.size === 0 || this.now() - this.#askedAt >= ASK_AGAIN_MS) await this.refresh();
    return this.#keys.get(kid) ?? null;
  }

  /** Reads the set again; concurrent callers share one question. On failure the keys known so far stay. */
  refresh(): Promise<void> {
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #load(): Promise<void> {
    const published = await this.fetchKeys();
    this.#askedAt = this.now();
    const keys = await Promise.all(published.slice(0, MAX_KEYS).map(readKey));
    this.#keys = new Map(keys.filter((entry) => entry !== null));
  }
}

// Private or foreign members are dropped: only the three that make an Ed25519 public key are imported.
async function readKey(jwk: Record<string, unknown>): Promise<[string, CryptoKey] | null> {
  const { kty, crv, x, kid, alg } = jwk as JWK;
  if (kty !== 'OKP' || crv !== 'Ed25519' || !x || !kid || (alg !== undefined && alg !== TOKEN_ALGORITHM)) return null;
  return [kid, (await importJWK({ kty, crv, x }, TOKEN_ALGORITHM)) as CryptoKey];
}
