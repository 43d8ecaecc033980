import { describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { DEMO_ID, OPEN_ID, PRIVATE_DOMAIN, ROOT, type IamApp } from '../spec/iam-app.js';
import { asRoot, aUser, basic, send, within, type Answer, type TestUser } from '../spec/rest-client.js';
import { useIam } from '../spec/use-iam.js';

let iam: IamApp;
let puller: TestUser;

useIam(async ({ apps }) => {
  iam = apps[0]!;
  puller = await aUser(iam, 'puller', ['ScrPullOnlyAccess']);
});

const get = (query: string, authorization: string | null = asRoot): Promise<Answer> =>
  send(iam, 'GET', `/token?service=${iam.host}&${query}`, { authorization });

async function post(form: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${iam.url}/token`, { method: 'POST', body: new URLSearchParams(form) });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
}

const accessOf = ({ body }: Answer) => decodeJwt(body['access_token']!)['access'];
const scope = (name: string, actions: string) => `scope=repository:${name}:${actions}`;

describe('GET /token', () => {
  it('issues a token that whoever knows the JWKS can verify', async () => {
    const answer = await get(scope('demo/apps/hello', 'pull,push'));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toMatchObject({ expires_in: 300, token: answer.body['access_token'] });
    expect(answer.body['refresh_token']).toBeUndefined();
    expect(Date.parse(answer.body['issued_at'])).not.toBeNaN();
    const published = await send(iam, 'GET', '/.well-known/jwks.json', { authorization: null });
    expect(published.headers.get('cache-control')).toBe('public, max-age=60');
    const jwks = published.body as JSONWebKeySet;
    expect(jwks.keys.every((key) => !('d' in key))).toBe(true);
    const { payload } = await jwtVerify(answer.body['token'], createLocalJWKSet(jwks));
    expect(payload).toMatchObject({
      iss: 'entrepot-iam-authz',
      sub: ROOT.accessKey,
      aud: iam.host,
      access: [{ type: 'repository', name: 'demo/apps/hello', actions: ['pull', 'push'] }],
    });
    expect(payload.exp! - payload.iat!).toBe(300);
    expect([payload.nbf, typeof payload.jti]).toEqual([payload.iat, 'string']);
    expect(decodeProtectedHeader(answer.body['token'])).toEqual({ typ: 'JWT', alg: 'EdDSA', kid: jwks.keys[0]?.kid });
  });

  it('is accepted by the library that the gateway uses', async () => {
    const { body } = await get(scope('demo/apps/hello', 'pull'), puller.authorization);
    const principal = await iam.access.authenticate(`Bearer ${body['token']}`, { audience: iam.host, sourceIp: null });
    expect(principal).toMatchObject({ kind: 'key', name: 'puller' });
    expect([...principal.tokenAccess!.actionsFor('repository', 'demo/apps/hello')]).toEqual(['pull']);
  });

  it('grants of what is asked only what is held', async () => {
    const answer = await get(scope('demo/apps/hello', 'pull,push,delete'), puller.authorization);
    expect(accessOf(answer)).toEqual([{ type: 'repository', name: 'demo/apps/hello', actions: ['pull'] }]);
    expect(accessOf(await get(scope('demo/apps/hello', '*')))).toMatchObject([{ actions: ['pull', 'push', 'delete'] }]);
  });

  it('answers 200 with nothing granted, and names what was asked', async () => {
    const names = ['demo/apps/hello', 'nowhere/apps/hello', 'one-part', 'UPPER/apps/x', 'demo/apps/..%2fx'];
    const powerless = await aUser(iam, 'powerless');
    const answer = await get(names.map((name) => scope(name, 'pull')).join('&'), powerless.authorization);
    expect(answer.status).toBe(200);
    expect((accessOf(answer) as { actions: string[] }[]).map(({ actions }) => actions)).toEqual(names.map(() => []));
  });

  it('asks the catalog once, whatever the number of scopes', async () => {
    const before = iam.lookups.length;
    const scopes = Array.from({ length: 40 }, (_, i) => scope(`demo/apps/i${i}`, 'pull'));
    const answer = await get(`${scopes.join('&')}&scope=repository:demo/apps/x:pull%20repository:bad:pull`);
    expect(accessOf(answer)).toHaveLength(42);
    expect(iam.lookups.length).toBe(before + 1);
    expect(iam.lookups.at(-1)?.questions).toHaveLength(41);
  });

  it('grants pull on public content to everybody, and to nobody elsewhere', async () => {
    const answer = await get(`${scope('open/apps/hello', 'pull,push')}&${scope('demo/apps/hello', 'pull')}`, null);
    expect(answer.status).toBe(200);
    expect(decodeJwt(answer.body['token']).sub).toBe('anonymous');
    expect(accessOf(answer)).toEqual([
      { type: 'repository', name: 'open/apps/hello', actions: ['pull'] },
      { type: 'repository', name: 'demo/apps/hello', actions: [] },
    ]);
  });

  it('grants the catalog and the control plane to key holders only', async () => {
    const asked = 'scope=registry:catalog:*&scope=registry:api:*&scope=registry:other:*';
    const granted = async (authorization: string | null) =>
      (accessOf(await get(asked, authorization)) as { actions: string[] }[]).map(({ actions }) => actions);
    expect(await granted(puller.authorization)).toEqual([['*'], ['*'], []]);
    expect(await granted(null)).toEqual([[], [], []]);
  });

  it('lets a token into the REST API only with its own scope', async () => {
    const whoami = async (scopeText: string) => {
      const { body } = await get(scopeText);
      return send(iam, 'GET', '/api/v1/whoami', { authorization: `Bearer ${body['token']}` });
    };
    expect((await whoami('scope=registry:api:*')).body).toMatchObject({ name: 'root' });
    const refused = await whoami(scope('demo/apps/hello', 'pull,push,delete'));
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toMatch('insufficient_scope');
  });

  it.each([
    ['a wrong secret', () => basic(ROOT.accessKey, 'wrong')],
    ['an unknown key', () => basic('EKUNKNOWN', 'x')],
    ['no secret', () => basic(ROOT.accessKey, '')],
    ['another scheme', () => 'Bearer x'],
    ['a key with NUL', () => basic('EK\0', 'x')],
    ['an endless secret', () => basic(ROOT.accessKey, 'x'.repeat(5_000))],
  ])('refuses %s with 401, a Basic challenge and an error that clients read', async (_, authorization) => {
    const answer = await get(scope('open/apps/hello', 'pull'), authorization());
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="/);
    expect(answer.body['errors'][0]).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(answer.body['access_token']).toBeUndefined();
  });

  it.each([
    ['service=evil.example.com', 400],
    ['service=a&service=b', 400],
    ['scope=nonsense', 400],
    [Array.from({ length: 65 }, (_, i) => `scope=repository:a${i}:pull`).join('&'), 400],
  ])('refuses %s', async (query, status) => {
    const answer = await send(iam, 'GET', `/token?${query}`);
    expect(answer.status).toBe(status);
    expect(answer.body['errors']).toHaveLength(1);
  });

  it('refuses a foreign host with 421, whatever service says', async () => {
    const headers = { host: 'evil.example.com', authorization: asRoot };
    for (const service of ['evil.example.com', iam.host]) {
      expect((await iam.app.inject({ url: `/token?service=${service}`, headers })).statusCode).toBe(421);
    }
  });

  it('slows down guessing for one key and address, with Retry-After, and for no other key', async () => {
    const { accessKey, secret } = await aUser(iam, 'guessed');
    for (let i = 0; i < 10; i++) expect((await get('', basic(accessKey, `wrong${i}`))).status).toBe(401);
    const answer = await get('', basic(accessKey, secret));
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await get('')).status).toBe(200);
  });

  it('answers 503 with Retry-After when the catalog cannot be heard', async () => {
    const answerer = iam.bus.answererOf('catalog.lookup.v1')!;
    iam.bus.stopAnswering('catalog.lookup.v1');
    try {
      const answer = await get(scope('demo/apps/hello', 'pull'));
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('1');
    } finally {
      iam.bus.answer('catalog.lookup.v1', answerer);
    }
  });
});

describe('GET /token on a registry’s own host', () => {
  it('names are repository/image there, and the token is for that host', async () => {
    const host = `demo-${DEMO_ID}.${PRIVATE_DOMAIN}`;
    const reply = await iam.app.inject({
      url: `/token?service=${host}&scope=repository:apps/hello:pull&scope=repository:demo/apps/hello:pull`,
      headers: { host, authorization: puller.authorization },
    });
    const claims = decodeJwt(reply.json<{ token: string }>().token);
    expect(claims.aud).toBe(host);
    expect(claims['access']).toEqual([
      { type: 'repository', name: 'apps/hello', actions: ['pull'] },
      // `demo` is taken for a repository that doesn't exist: a policy for all repositories covers it.
      { type: 'repository', name: 'demo/apps/hello', actions: ['pull'] },
    ]);
    expect(iam.lookups.at(-1)?.questions[0]).toMatchObject({
      registryId: DEMO_ID,
      registryName: null,
      repository: 'apps',
    });
  });

  it('asks for a registry by the id in a path, too', async () => {
    const answer = await get(scope(`open-${OPEN_ID}/apps/hello`, 'pull'), null);
    expect(accessOf(answer)).toMatchObject([{ actions: ['pull'] }]);
  });
});

describe('POST /token', () => {
  const password = (more: Record<string, string> = {}) =>
    post({
      grant_type: 'password',
      service: iam.host,
      client_id: 'test',
      username: puller.accessKey,
      password: puller.secret,
      ...more,
    });

  it('exchanges a password for a token, and says which scopes it holds', async () => {
    const asked = 'repository:demo/apps/hello:pull,push repository:nowhere/apps/x:pull';
    const { status, body } = await password({ scope: asked });
    expect(status).toBe(200);
    expect(body).toMatchObject({ expires_in: 300, scope: 'repository:demo/apps/hello:pull' });
    expect(body['refresh_token']).toBeUndefined();
    expect(decodeJwt(body['access_token']).sub).toBe(puller.accessKey);
  });

  it.each([
    [{ grant_type: 'client_credentials' }, 400],
    [{ grant_type: 'password' }, 400],
    [{ grant_type: 'refresh_token' }, 400],
    [{ grant_type: 'refresh_token', refresh_token: 'x' }, 401],
    [{ grant_type: 'password', username: 'EKUNKNOWN', password: 'x' }, 401],
    [{ grant_type: 'password', username: 'a', password: 'x'.repeat(600) }, 401],
    [{}, 400],
  ])('refuses %j with %i', async (form, status) => {
    const answer = await post(form as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(answer.body['error']).toBeDefined();
  });

  it('refuses a body of another kind', async () => {
    expect((await send(iam, 'POST', '/token', { body: ['x'] })).status).toBe(400);
    expect((await send(iam, 'POST', '/token')).status).toBe(400);
  });

  it('renews with a refresh token, which goes on and is no access token', async () => {
    const { body } = await password({ access_type: 'offline' });
    const refreshToken = body['refresh_token'] as string;
    const renewed = await refresh(refreshToken);
    expect(renewed.status).toBe(200);
    expect(renewed.body).toMatchObject({ scope: 'repository:demo/apps/hello:pull', refresh_token: refreshToken });
    await expect(
      (async () => iam.access.authenticate(`Bearer ${refreshToken}`, { audience: iam.host, sourceIp: null }))(),
    ).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect((await refresh(body['access_token'])).status).toBe(401);
  });

  it('gives a refresh token by GET with offline_token, never to anonymous clients', async () => {
    const { body } = await get('offline_token=true', puller.authorization);
    expect((await refresh(body['refresh_token'])).status).toBe(200);
    expect((await get('offline_token=true', null)).body['refresh_token']).toBeUndefined();
  });

  it('refuses a refresh token on another host', async () => {
    const { body } = await password({ access_type: 'offline' });
    const reply = await iam.app.inject({
      method: 'POST',
      url: '/token',
      headers: { host: 'localhost:1', 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: body['refresh_token'] }).toString(),
    });
    expect(reply.statusCode).toBe(401);
  });

  it('refuses the refresh token of a disabled key at once', async () => {
    const { accessKey, secret } = await aUser(iam, 'refreshed', ['ScrPullOnlyAccess']);
    const { body } = await post({
      grant_type: 'password',
      access_type: 'offline',
      username: accessKey,
      password: secret,
    });
    expect((await refresh(body['refresh_token'])).status).toBe(200);
    await send(iam, 'PATCH', `/api/v1/access-keys/${accessKey}`, { body: { enabled: false } });
    expect((await refresh(body['refresh_token'])).status).toBe(401);
  });

  const refresh = (refreshToken: string) =>
    post({
      grant_type: 'refresh_token',
      service: iam.host,
      client_id: 'test',
      scope: 'repository:demo/apps/hello:pull',
      refresh_token: refreshToken,
    });
});

describe('logins', () => {
  const factsOf = (key: string) =>
    iam.database.query<{ type: string; data: Record<string, unknown>; account_id: string }>(
      'SELECT type, data, account_id FROM outbox WHERE actor = $1 ORDER BY position',
      [key],
    );

  it('are told when no scope is asked, and only then', async () => {
    const { accessKey, secret, authorization } = await aUser(iam, 'logger-in');
    await get(scope('demo/apps/hello', 'pull'), authorization);
    expect(await factsOf(accessKey)).toEqual([]);
    await get('account=x&client_id=docker', basic(accessKey, secret));
    expect(await factsOf(accessKey)).toMatchObject([
      {
        type: 'login.succeeded',
        account_id: '000000000001',
        data: { accessKey, user: 'logger-in', sourceIp: '127.0.0.1', outcome: 'succeeded' },
      },
    ]);
  });

  it('that are refused are told with the reason, ten a minute at most; unknown keys are not told', async () => {
    const { accessKey } = await aUser(iam, 'denied');
    for (let i = 0; i < 15; i++) await get('', basic(accessKey, 'wrong'));
    await get('', basic('EKNOBODY', 'wrong'));
    await within(2_000, async () => (await factsOf(accessKey)).length >= 10);
    const facts = await factsOf(accessKey);
    expect(facts).toHaveLength(10);
    expect(facts[0]).toMatchObject({ type: 'login.denied', data: { outcome: 'denied', reason: 'wrong secret' } });
    expect(await factsOf('EKNOBODY')).toEqual([]);
  });
});
