/** What the service that issues access tokens and those that verify them agree on. Source: distribution's `auth/jwt.md`, RFC 7519, RFC 8725. */
export const TOKEN_ISSUER = 'entrepot-iam-authz';

/** Ed25519 (RFC 8037). The only algorithm: what a token's header says is compared with it, never believed. */
export const TOKEN_ALGORITHM = 'EdDSA';

/** RFC 8725 §3.11: another kind of token of ours would have another type. */
export const TOKEN_TYPE = 'JWT';

/** Short, since a client keeps it in memory only; revocation doesn't wait for it. */
export const ACCESS_TOKEN_SECONDS = 300;

/** Clocks of two machines may differ by this; distribution's registry allows the same. */
export const TOKEN_LEEWAY_SECONDS = 60;

/** Scopes that one token may name. A cross-repository mount asks two; 64 is more than any client we know of. */
export const MAX_TOKEN_SCOPES = 64;

/** Node reads at most 16 KiB of headers, so a longer one cannot have come to us whole. */
export const MAX_TOKEN_LENGTH = 16_384;

/** The `sub` of tokens for those who did not log in. */
export const ANONYMOUS = 'anonymous';

/** One entry of a token's `access` claim. */
export interface AccessEntry {
  type: string;
  /** As the client wrote it in the scope. */
  name: string;
  actions: string[];
}
