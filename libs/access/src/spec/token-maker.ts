import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { TOKEN_ISSUER } from '../tokens/token-format.js';

/** A signing key as the issuer has it, for specs. */
export interface TestKey {
  kid: string;
  publicJwk: JWK;
  privateKey: CryptoKey;
}

export async function aKey(): Promise<TestKey> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, publicJwk: { ...jwk, kid, alg: 'EdDSA', use: 'sig' }, privateKey };
}

/** Claims of an honest token at `now` (ms). */
export function claimsAt(now: number): Record<string, unknown> {
  const iat = Math.floor(now / 1000);
  return {
    iss: TOKEN_ISSUER,
    sub: 'EKTEST',
    aud: 'localhost:5000',
    iat,
    nbf: iat,
    exp: iat + 300,
    jti: 'j1',
    access: [{ type: 'repository', name: 'demo/apps/hello', actions: ['pull'] }],
  };
}

/** Signs any claims under any header, honest ones included. */
export function sign(
  claims: Record<string, unknown>,
  key: TestKey,
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: key.kid, ...header })
    .sign(key.privateKey);
}

/** A token put together by hand, with whatever signature. */
export function rawToken(header: object, claims: object, signature = ''): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}
