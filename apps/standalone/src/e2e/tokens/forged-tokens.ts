import { createHmac, createPublicKey, generateKeyPairSync, sign, type webcrypto } from 'node:crypto';
import { expect, it } from '@jest/globals';
import type { Scene } from '../support/scene.js';

const NAME = 'demo/apps/forged';
type Json = Record<string, unknown>;
interface Parts {
  header: Json;
  claims: Json;
}

/** Token confusion, one attack per row (CVE-2025-24976 and its relatives): each must be 401, whatever it claims. */
export function forgedTokens(scene: () => Scene): void {
  const genuine = async () => {
    const token = await scene().root.token(`repository:${NAME}:pull,push`);
    const [header, claims] = token
      .split('.', 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Json);
    return { token, header: header as Json, claims: claims as Json };
  };
  const statusOf = async (token: string): Promise<number> =>
    (
      await scene()
        .root.as({ login: { bearer: token } })
        .post(`/v2/${NAME}/blobs/uploads/`)
    ).status;
  const own = generateKeyPairSync('ed25519');
  const ownJwk = { ...own.publicKey.export({ format: 'jwk' }), kid: 'mine', use: 'sig', alg: 'EdDSA' };
  const signed = ({ header, claims }: Parts) => {
    const input = `${encoded(header)}.${encoded(claims)}`;
    return `${input}.${sign(null, Buffer.from(input), own.privateKey).toString('base64url')}`;
  };

  it('a genuine one opens an upload', async () => expect(await statusOf((await genuine()).token)).toBe(202));

  const FORGERIES: [string, (parts: Parts) => string][] = [
    ['signed by nobody', ({ header, claims }) => `${encoded({ ...header, alg: 'none' })}.${encoded(claims)}.`],
    ['signed with another key', signed],
    ['with a key of its own inside', ({ header, claims }) => signed({ header: { ...header, jwk: ownJwk }, claims })],
    [
      'with a key of its own and its kid',
      ({ header, claims }) => signed({ header: { ...header, kid: 'mine', jwk: ownJwk }, claims }),
    ],
    [
      'that says where its key is',
      ({ header, claims }) => signed({ header: { ...header, jku: 'http://127.0.0.1:9/jwks' }, claims }),
    ],
    ['of a foreign kid', ({ header, claims }) => signed({ header: { ...header, kid: 'foreign' }, claims })],
    ['without a kid', ({ header: { kid: _, ...header }, claims }) => signed({ header, claims })],
  ];
  it.each(FORGERIES)('refuses a token %s', async (_, forge) => {
    const { header, claims } = await genuine();
    expect(await statusOf(forge({ header, claims }))).toBe(401);
  });

  it('refuses a token made with the public key as an HMAC secret', async () => {
    const { header, claims } = await genuine();
    const { keys } = (await scene().root.get('/.well-known/jwks.json')).json<{ keys: webcrypto.JsonWebKey[] }>();
    const pem = createPublicKey({ key: keys[0] as webcrypto.JsonWebKey, format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    });
    const input = `${encoded({ ...header, alg: 'HS256' })}.${encoded(claims)}`;
    for (const secret of [pem as string, String((keys[0] as { x?: string }).x)]) {
      expect(await statusOf(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)).toBe(401);
    }
  });

  it('refuses a genuine token whose claims were changed', async () => {
    const { token, claims } = await genuine();
    const [header, , signature] = token.split('.');
    const grown = { ...claims, access: [{ type: 'repository', name: NAME, actions: ['pull', 'push', 'delete'] }] };
    expect(await statusOf(`${header}.${encoded(grown)}.${signature}`)).toBe(401);
  });

  it.each([
    ['empty', ''],
    ['text', 'not-a-token'],
    ['two parts', 'a.b'],
    ['broken JSON', `${Buffer.from('{').toString('base64url')}.e30.AA`],
    ['ten thousand characters', `${'a'.repeat(10_000)}.b.c`],
  ])('refuses what is no token: %s', async (_, token) => expect(await statusOf(token)).toBe(401));

  it('refuses another scheme', async () => {
    const reply = await scene().root.get('/v2/', { authorization: 'Digest username="x"' });
    expect(reply.status).toBe(401);
  });
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
