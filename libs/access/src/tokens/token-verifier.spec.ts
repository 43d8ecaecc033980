import { createHmac } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { exportSPKI, generateKeyPair, importJWK, SignJWT, type CryptoKey } from 'jose';
import { aKey, claimsAt, rawToken, sign, type TestKey } from '../spec/token-maker.js';
import { MAX_TOKEN_LENGTH } from './token-format.js';
import { TokenKeyRing, type FetchKeys } from './token-key-ring.js';
import { TokenVerifier } from './token-verifier.js';

const HOST = 'localhost:5000';
const START = Date.parse('2026-11-21T12:00:00Z');

let key: TestKey;
let foreign: TestKey;
let now: number;
let fetchKeys: jest.Mock<FetchKeys>;
let verifier: TokenVerifier;

beforeAll(async () => {
  [key, foreign] = await Promise.all([aKey(), aKey()]);
});

beforeEach(() => {
  now = START;
  fetchKeys = jest.fn<FetchKeys>(async () => [key.publicJwk as Record<string, unknown>]);
  verifier = new TokenVerifier(new TokenKeyRing(fetchKeys, () => now), () => now);
});

const verify = async (token: string, audience = HOST) => verifier.verify(token, audience);
const honest = (change: Record<string, unknown> = {}) => sign({ ...claimsAt(START), ...change }, key);
const refused = { code: 'UNAUTHORIZED', status: 401 };

describe('an honest token', () => {
  it('is verified, and tells what it may be used for', async () => {
    const { claims, access } = await verify(await honest());
    expect(claims.principalId).toBe('EKTEST');
    expect([...access.actionsFor('repository', 'demo/apps/hello')]).toEqual(['pull']);
    expect(access.actionsFor('repository', 'demo/apps/other').size).toBe(0);
    expect(access.actionsFor('registry', 'demo/apps/hello').size).toBe(0);
    expect([access.has('demo/apps/hello'), access.has('demo/apps/other')]).toEqual([true, false]);
  });

  it('is answered at once the second time, without a promise', async () => {
    const token = await honest();
    await verify(token);
    expect(verifier.verify(token, HOST)).not.toBeInstanceOf(Promise);
    expect(fetchKeys).toHaveBeenCalledTimes(1);
  });

  it('is refused for another host, remembered or not', async () => {
    const token = await honest();
    await expect(verify(token, 'evil.example.com')).rejects.toMatchObject(refused);
    await verify(token);
    expect(() => verifier.verify(token, 'evil.example.com')).toThrow(expect.objectContaining(refused));
  });

  it('ends a minute after its expiry, remembered or not', async () => {
    const token = await honest();
    await verify(token);
    now = START + 359_000;
    await expect(verify(token)).resolves.toBeDefined();
    now = START + 360_000;
    expect(() => verifier.verify(token, HOST)).toThrow(/expired/);
    await expect(verify(await honest({ jti: 'other' }))).rejects.toThrow(/expired/);
  });

  it('may come from a clock that is up to a minute ahead', async () => {
    now = START - 59_000;
    await expect(verify(await honest())).resolves.toBeDefined();
    now = START - 61_000;
    await expect(verify(await honest({ jti: 'b' }))).rejects.toMatchObject(refused);
  });
});

describe('a forged token is refused', () => {
  it('with algorithm none', async () => {
    const header = { alg: 'none', typ: 'JWT', kid: key.kid };
    await expect(verify(rawToken(header, claimsAt(START)))).rejects.toMatchObject(refused);
  });

  it('with HS256 and the public key as the secret', async () => {
    const publicKey = (await importJWK(key.publicJwk, 'EdDSA')) as CryptoKey;
    for (const secret of [await exportSPKI(publicKey), key.publicJwk.x as string]) {
      const token = rawToken({ alg: 'HS256', typ: 'JWT', kid: key.kid }, claimsAt(START));
      const signature = createHmac('sha256', secret)
        .update(token.slice(0, token.lastIndexOf('.')))
        .digest('base64url');
      await expect(verify(token + signature)).rejects.toMatchObject(refused);
    }
  });

  it('with another algorithm under a good kid', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const header = { alg: 'ES256', typ: 'JWT', kid: key.kid };
    const token = await new SignJWT(claimsAt(START)).setProtectedHeader(header).sign(privateKey);
    await expect(verify(token)).rejects.toMatchObject(refused);
  });

  it.each([
    ['jwk', () => foreign.publicJwk],
    ['jku', () => 'https://evil.example.com/keys'],
    ['x5u', () => 'https://evil.example.com/cert'],
    ['x5c', () => ['MIIB']],
  ])('with a key of its own in %s', async (name, value) => {
    await expect(verify(await sign(claimsAt(START), foreign, { kid: key.kid, [name]: value() }))).rejects.toMatchObject(
      refused,
    );
    await expect(verify(await sign(claimsAt(START), key, { [name]: value() }))).rejects.toMatchObject(refused);
  });

  it('with a foreign key under a good kid, and under its own', async () => {
    await expect(verify(await sign(claimsAt(START), foreign, { kid: key.kid }))).rejects.toMatchObject(refused);
    await expect(verify(await sign(claimsAt(START), foreign))).rejects.toMatchObject(refused);
  });

  it('without a kid', async () => {
    await expect(verify(await sign(claimsAt(START), key, { kid: undefined }))).rejects.toMatchObject(refused);
  });

  it('with another type', async () => {
    for (const typ of ['refresh+jwt', 'at+jwt', undefined]) {
      await expect(verify(await sign(claimsAt(START), key, { typ }))).rejects.toMatchObject(refused);
    }
  });

  it('with changed claims or a cut signature', async () => {
    const [header, , signature] = (await honest()).split('.');
    const claims = Buffer.from(JSON.stringify({ ...claimsAt(START), sub: 'EKROOT' })).toString('base64url');
    await expect(verify(`${header}.${claims}.${signature}`)).rejects.toMatchObject(refused);
    await expect(verify((await honest()).slice(0, -4))).rejects.toMatchObject(refused);
  });

  it.each(['', 'x', 'a.b', 'a.b.c', '..', 'a.b.c.d', '\0', '💥.💥.💥', 'ekr1.WyJhIl0.abcd'])(
    'that is %j',
    async (text) => {
      await expect(verify(text)).rejects.toMatchObject(refused);
    },
  );
});

describe('claims', () => {
  it.each(['sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'iss', 'access'])('without %s are refused', async (name) => {
    await expect(verify(await honest({ [name]: undefined }))).rejects.toMatchObject(refused);
  });

  it.each([
    ['another issuer', { iss: 'someone-else' }],
    ['several audiences', { aud: [HOST, 'evil.example.com'] }],
    ['an expiry as text', { exp: '9999999999' }],
    ['a life longer than an access token’s', { exp: START / 1000 + 30 * 86_400 }],
    ['an end before the beginning', { iat: START / 1000 + 30, exp: START / 1000 + 30 }],
    ['an access list that is none', { access: { type: 'repository' } }],
    ['an access entry without actions', { access: [{ type: 'repository', name: 'a' }] }],
    ['too many access entries', { access: Array(65).fill({ type: 'repository', name: 'a', actions: [] }) }],
  ])('with %s are refused', async (_, change) => {
    await expect(verify(await honest(change))).rejects.toMatchObject(refused);
  });
});

describe('what strangers cost', () => {
  it('a huge token is refused before anything is decoded', async () => {
    await expect(verify('x'.repeat(MAX_TOKEN_LENGTH + 1))).rejects.toThrow(/too long/);
    expect(fetchKeys).not.toHaveBeenCalled();
  });

  it('unknown kids make the issuer be asked once in five seconds', async () => {
    await verify(await honest());
    const strange = await sign(claimsAt(START), foreign);
    now += 10_000;
    for (let i = 0; i < 20; i++) await expect(verify(strange)).rejects.toMatchObject(refused);
    expect(fetchKeys).toHaveBeenCalledTimes(2);
    now += 5_000;
    await expect(verify(strange)).rejects.toMatchObject(refused);
    expect(fetchKeys).toHaveBeenCalledTimes(3);
  });

  it('a key published since is found', async () => {
    await verify(await honest());
    fetchKeys.mockResolvedValue([key, foreign].map(({ publicJwk }) => publicJwk as Record<string, unknown>));
    now += 6_000;
    await expect(verify(await sign(claimsAt(START), foreign))).resolves.toBeDefined();
  });

  it('private members of a published key are not used, other kinds of key are ignored', async () => {
    fetchKeys.mockResolvedValue([
      { kty: 'oct', k: 'c2VjcmV0', kid: 'oct' },
      { kty: 'RSA', n: 'x', e: 'AQAB', kid: 'rsa' },
      key.publicJwk as Record<string, unknown>,
    ]);
    await expect(verify(await honest())).resolves.toBeDefined();
    await expect(verify(await sign(claimsAt(START), key, { kid: 'oct' }))).rejects.toMatchObject(refused);
  });
});
