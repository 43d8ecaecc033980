import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { ACCESS_TOKEN_SECONDS, TOKEN_ALGORITHM, TOKEN_ISSUER, TOKEN_TYPE, type AccessEntry } from '@entrepot/access';
import type { Signer } from './signing-keys.service.js';

/** What an access token says. */
export interface AccessTokenContent {
  /** An access key id, or `anonymous`. */
  principalId: string;
  /** The host that was asked, which alone accepts the token. */
  audience: string;
  access: AccessEntry[];
  now: Date;
}

/** Signs an access token (distribution's `auth/jwt.md`). It ends {@link ACCESS_TOKEN_SECONDS} after `now`. */
export function signAccessToken(
  { principalId, audience, access, now }: AccessTokenContent,
  signer: Signer,
): Promise<string> {
  const issuedAt = Math.floor(now.getTime() / 1000);
  return new SignJWT({ access })
    .setProtectedHeader({ typ: TOKEN_TYPE, alg: TOKEN_ALGORITHM, kid: signer.kid })
    .setIssuer(TOKEN_ISSUER)
    .setSubject(principalId)
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt)
    .setExpirationTime(issuedAt + ACCESS_TOKEN_SECONDS)
    .setJti(randomUUID())
    .sign(signer.key);
}
