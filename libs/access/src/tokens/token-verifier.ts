import { decodeProtectedHeader, errors, jwtVerify, type CryptoKey } from 'jose';
import { oci } from '@entrepot/oci';
import { BoundedCache } from '../bounded-cache.js';
import { tokenAccess, type TokenAccess } from './token-access.js';
import { readClaims, type TokenClaims } from './token-claims.js';
import { MAX_TOKEN_LENGTH, TOKEN_ALGORITHM, TOKEN_ISSUER, TOKEN_LEEWAY_SECONDS, TOKEN_TYPE } from './token-format.js';
import type { TokenKeyRing } from './token-key-ring.js';

/** A token whose signature was checked. */
export interface VerifiedToken {
  readonly claims: TokenClaims;
  readonly access: TokenAccess;
}

/** Characters of token text that are remembered: some 20,000 usual tokens in about 16 MiB. */
const CACHED_CHARACTERS = 16 * 1024 * 1024;

/** Headers by which a token could bring or point at its own key, or ask for rules that we don't know (RFC 8725 §3.5, §3.10). */
const FORBIDDEN_HEADERS = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip'];

/**
 * Checks access tokens. A signature is checked once per token text; audience and times on each use. Only tokens that we signed are
 * remembered, so strangers can't fill the memory.
 */
export class TokenVerifier {
  readonly #verified = new BoundedCache<string, VerifiedToken>(CACHED_CHARACTERS);

  constructor(
    private readonly keys: TokenKeyRing,
    private readonly now: () => number,
  ) {}

  /** The token, at once when its text is known. Throws (or rejects with) `UNAUTHORIZED`; what the key ring throws passes through. */
  verify(token: string, audience: string): VerifiedToken | Promise<VerifiedToken> {
    const known = this.#verified.get(token);
    if (known) return this.#current(known, audience);
    return this.#verifySignature(token).then((verified) => this.#current(verified, audience));
  }

  #current(token: VerifiedToken, audience: string): VerifiedToken {
    const seconds = this.now() / 1000;
    if (token.claims.audience !== audience) throw invalid('it was issued for another host');
    if (seconds >= token.claims.expires + TOKEN_LEEWAY_SECONDS) throw invalid('it has expired');
    if (seconds < token.claims.notBefore - TOKEN_LEEWAY_SECONDS) throw invalid('it is not valid yet');
    return token;
  }

  async #verifySignature(token: string): Promise<VerifiedToken> {
    if (token.length > MAX_TOKEN_LENGTH) throw invalid('it is too long');
    const key = await this.#keyOf(token);
    const claims = readClaims(await this.#payload(token, key));
    if (!claims) throw invalid('its claims are not those of an access token');
    const verified = { claims, access: tokenAccess(claims.access) };
    this.#verified.set(token, verified, token.length);
    return verified;
  }

  async #keyOf(token: string): Promise<CryptoKey> {
    const header = headerOf(token);
    if (header['alg'] !== TOKEN_ALGORITHM || header['typ'] !== TOKEN_TYPE) throw invalid('it is no access token');
    if (FORBIDDEN_HEADERS.some((name) => name in header)) throw invalid('its header is not allowed');
    const kid = header['kid'];
    const key = typeof kid === 'string' ? await this.keys.find(kid) : null;
    if (!key) throw invalid('it is signed with an unknown key');
    return key;
  }

  async #payload(token: string, key: CryptoKey) {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [TOKEN_ALGORITHM],
        issuer: TOKEN_ISSUER,
        typ: TOKEN_TYPE,
        requiredClaims: ['sub', 'aud', 'exp', 'nbf', 'iat', 'jti'],
        clockTolerance: TOKEN_LEEWAY_SECONDS,
        currentDate: new Date(this.now()),
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw invalid('it has expired');
      throw invalid('its signature or its claims do not hold');
    }
  }
}

function headerOf(token: string): Record<string, unknown> {
  try {
    return decodeProtectedHeader(token) as Record<string, unknown>;
  } catch {
    throw invalid('it is malformed');
  }
}

function invalid(why: string) {
  return oci.unauthorized(`The bearer token is refused: ${why}. Request a new one.`);
}
