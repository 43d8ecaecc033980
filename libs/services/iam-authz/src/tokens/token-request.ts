import { badRequest } from '@entrepot/platform-http';
import { parseScopes, type RequestedScope } from './scope.js';

/** What a client proves itself with. */
export type TokenProof =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly accessKey: string; readonly secret: string }
  | { readonly kind: 'refresh'; readonly token: string };

/** A request to the token endpoint, whichever of its two forms it had. */
export interface TokenRequest {
  /** As the client named it; null when it didn't. */
  service: string | null;
  scopes: RequestedScope[];
  proof: TokenProof;
  /** A refresh token is wanted. */
  offline: boolean;
}

type Parameters = Readonly<Record<string, unknown>>;

/** Reads `GET /token` (distribution's `auth/token.md`). `basic` are the credentials of the Authorization header, if any. */
export function readGet(query: Parameters, basic: { accessKey: string; secret: string } | null): TokenRequest {
  return {
    service: single(query, 'service'),
    scopes: parseScopes(texts(query, 'scope')),
    proof: basic ? { kind: 'password', ...basic } : { kind: 'none' },
    offline: single(query, 'offline_token') === 'true',
  };
}

/** Reads `POST /token` (distribution's `auth/oauth.md`, RFC 6749 §4.3 and §6). */
export function readPost(form: Parameters): TokenRequest {
  return {
    service: single(form, 'service'),
    scopes: parseScopes(texts(form, 'scope')),
    proof: proofOf(form),
    offline: single(form, 'access_type') === 'offline',
  };
}

function proofOf(form: Parameters): TokenProof {
  const grantType = single(form, 'grant_type');
  if (grantType === 'refresh_token') return { kind: 'refresh', token: needed(form, 'refresh_token') };
  if (grantType === 'password') {
    return { kind: 'password', accessKey: needed(form, 'username'), secret: needed(form, 'password') };
  }
  throw badRequest('grant_type is password or refresh_token.');
}

function needed(from: Parameters, name: string): string {
  const value = single(from, name);
  if (value === null || value === '') throw badRequest(`${name} is missing.`);
  return value;
}

function single(from: Parameters, name: string): string | null {
  const values = texts(from, name);
  if (values.length > 1) throw badRequest(`${name} may stand once.`);
  return values[0] ?? null;
}

function texts(from: Parameters, name: string): string[] {
  // A parameter called `__proto__` or `constructor` is none of ours, but what we look up must be an own one.
  const value = Object.hasOwn(from, name) ? from[name] : undefined;
  const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return values.map((text) => {
    if (typeof text !== 'string') throw badRequest(`${name} is not text.`);
    return text;
  });
}
