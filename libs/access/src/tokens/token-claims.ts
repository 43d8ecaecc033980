import type { JWTPayload } from 'jose';
import { ACCESS_TOKEN_SECONDS, MAX_TOKEN_SCOPES, TOKEN_LEEWAY_SECONDS, type AccessEntry } from './token-format.js';

/** The claims that we use, checked. Times in seconds since 1970. */
export interface TokenClaims {
  readonly principalId: string;
  readonly audience: string;
  readonly notBefore: number;
  readonly expires: number;
  readonly access: readonly AccessEntry[];
}

/** Reads the payload of a token whose signature holds. Null when a claim is missing or is not what this service writes. */
export function readClaims(payload: JWTPayload): TokenClaims | null {
  const { sub, aud, exp, nbf, iat, jti } = payload;
  // A list of audiences is legal in a JWT, but ours are for one host.
  if (!isText(sub) || !isText(aud) || !isText(jti)) return null;
  if (!isTime(exp) || !isTime(nbf) || !isTime(iat)) return null;
  // Whatever lives longer is some other kind of token.
  if (exp <= iat || exp - iat > ACCESS_TOKEN_SECONDS + TOKEN_LEEWAY_SECONDS) return null;
  const access = readAccess(payload['access']);
  return access && { principalId: sub, audience: aud, notBefore: Math.max(nbf, iat), expires: exp, access };
}

function readAccess(value: unknown): AccessEntry[] | null {
  if (!Array.isArray(value) || value.length > MAX_TOKEN_SCOPES) return null;
  return value.every(isEntry) ? value : null;
}

function isEntry(value: unknown): value is AccessEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { type, name, actions } = value as Record<string, unknown>;
  return isText(type) && isText(name) && Array.isArray(actions) && actions.every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
