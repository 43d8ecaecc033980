import { describe, expect, it } from '@jest/globals';
import { routeDecisions } from '@entrepot/access';
import type { IamApp } from './spec/iam-app.js';
import { asRoot, aUser, basic, send } from './spec/rest-client.js';
import { useIam } from './spec/use-iam.js';

let iam: IamApp;

useIam(({ apps }) => {
  iam = apps[0]!;
});

const PULL = {
  Version: '2024-07-01',
  Statement: [{ Effect: 'Allow', Action: ['scr:PullRepositoryImages'], Resource: ['*'] }],
};

describe('who may use the REST API', () => {
  it('is decided by every route there is', () => {
    const routes = routeDecisions(iam.app);
    expect(routes.length).toBeGreaterThan(15);
    expect(routes.filter(({ decided }) => !decided)).toEqual([]);
  });

  it.each([
    ['GET', '/api/v1/whoami'],
    ['GET', '/api/v1/accounts'],
    ['POST', '/api/v1/accounts'],
    ['GET', '/api/v1/accounts/x'],
    ['PATCH', '/api/v1/accounts/x'],
    ['DELETE', '/api/v1/accounts/x'],
    ['POST', '/api/v1/accounts/x/root-keys'],
    ['GET', '/api/v1/users'],
    ['POST', '/api/v1/users'],
    ['GET', '/api/v1/users/x'],
    ['DELETE', '/api/v1/users/x'],
    ['GET', '/api/v1/users/x/policies'],
    ['PUT', '/api/v1/users/x/policies/y'],
    ['DELETE', '/api/v1/users/x/policies/y'],
    ['GET', '/api/v1/access-keys'],
    ['POST', '/api/v1/access-keys'],
    ['GET', '/api/v1/access-keys/x'],
    ['PATCH', '/api/v1/access-keys/x'],
    ['DELETE', '/api/v1/access-keys/x'],
    ['GET', '/api/v1/policies'],
    ['POST', '/api/v1/policies'],
    ['POST', '/api/v1/policies/simulate'],
    ['GET', '/api/v1/policies/x'],
    ['PUT', '/api/v1/policies/x'],
    ['DELETE', '/api/v1/policies/x'],
  ])('%s %s refuses nobody-in-particular with 401, and who has no policy with 403', async (method, path) => {
    const anonymous = await send(iam, method, path, { authorization: null });
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    expect(anonymous.headers.get('content-type')).toMatch('application/problem+json');
    if (path === '/api/v1/whoami') return;
    const { authorization } = await powerless();
    const refused = await send(iam, method, path, { authorization });
    expect(refused.status).toBe(403);
    expect(refused.body['detail']).toMatch(/^No policy of yours allows scr:\w+ on srn:e::000000000001:::scr:account\//);
  });

  it('is told a wrong secret and an unknown key in the same words', async () => {
    const { accessKey } = await powerless();
    const wrong = await send(iam, 'GET', '/api/v1/whoami', { authorization: basic(accessKey, 'wrong') });
    const unknown = await send(iam, 'GET', '/api/v1/whoami', { authorization: basic('EKUNKNOWN', 'wrong') });
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(wrong.body['detail']).toBe(unknown.body['detail']);
  });

  it('is not asked of a host that is not ours', async () => {
    const reply = await iam.app.inject({
      url: '/api/v1/whoami',
      headers: { host: 'evil.example.com', authorization: asRoot },
    });
    expect(reply.statusCode).toBe(421);
  });

  let user: Awaited<ReturnType<typeof aUser>> | undefined;
  const powerless = async () => (user ??= await aUser(iam, 'powerless'));
});

describe('a policy that asks for TLS', () => {
  const insecure = { Bool: { 'scr:SecureTransport': ['false'] } };
  const statement = { Sid: 'tls', Effect: 'Deny', Action: ['*'], Resource: ['*'], Condition: insecure };

  it('refuses over plain HTTP what it lets through over TLS', async () => {
    const document = { Version: '2024-07-01', Statement: [statement] };
    const policy = await send(iam, 'POST', '/api/v1/policies', { body: { name: 'tls-only', document } });
    const { authorization } = await aUser(iam, 'tls-admin', ['ScrAdministrator', policy.body.policyId as string]);
    const refused = await send(iam, 'GET', '/api/v1/users', { authorization });
    expect(refused.status).toBe(403);
    expect(refused.body.detail).toMatch(/"tls-only"/);
  });
});

describe('root', () => {
  it('alone changes its own keys and policies, whatever others may', async () => {
    const { authorization, accessKey } = await aUser(iam, 'other-admin', ['ScrAdministrator']);
    const { items } = (await send(iam, 'GET', '/api/v1/access-keys?limit=100')).body;
    const root = (items as { userName: string; userId: string }[]).find(({ userName }) => userName === 'root')!;
    const body = { userId: root.userId };
    const extra = (await send(iam, 'POST', '/api/v1/access-keys', { body })).body.accessKey as string;
    const policy = `/api/v1/users/${root.userId}/policies/ScrAdministrator`;
    const tries = [
      await send(iam, 'POST', '/api/v1/access-keys', { authorization, body }),
      await send(iam, 'PATCH', `/api/v1/access-keys/${extra}`, { authorization, body: { enabled: false } }),
      await send(iam, 'DELETE', `/api/v1/access-keys/${extra}`, { authorization }),
      await send(iam, 'PUT', policy, { authorization }),
      await send(iam, 'DELETE', policy, { authorization }),
    ];
    expect(tries.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    expect((await send(iam, 'DELETE', `/api/v1/access-keys/${accessKey}`, { authorization })).status).toBe(204);
    expect((await send(iam, 'DELETE', `/api/v1/access-keys/${extra}`)).status).toBe(204);
  });
});

describe('whoami', () => {
  it('names the key, its user and the policies in force', async () => {
    const { status, body } = await send(iam, 'GET', '/api/v1/whoami');
    expect(status).toBe(200);
    expect(body).toEqual({
      principalId: 'EKROOTROOT',
      name: 'root',
      accountId: '000000000001',
      policies: ['ScrAdministrator'],
    });
  });
});

describe('access keys', () => {
  it('tell their secret once, and never again', async () => {
    const { accessKey, secret, authorization } = await aUser(iam, 'once', ['ScrAdministrator']);
    expect(accessKey).toMatch(/^EK[A-Z2-7]{18}$/);
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    const shown = await send(iam, 'GET', `/api/v1/access-keys/${accessKey}`, { authorization });
    expect(shown.body).toMatchObject({ accessKey, userName: 'once', enabled: true, expiresAt: null });
    const everything = JSON.stringify([shown.body, (await send(iam, 'GET', '/api/v1/access-keys')).body]);
    expect(everything).not.toContain(secret);
    const rows = await iam.database.query<{ secret_mac: Buffer }>('SELECT * FROM access_key');
    expect(rows.some(({ secret_mac }) => secret_mac.includes(Buffer.from(secret)))).toBe(false);
  });

  it('are listed in pages, each key once', async () => {
    const { userId } = await aUser(iam, 'paged');
    for (let i = 0; i < 4; i++) await send(iam, 'POST', '/api/v1/access-keys', { body: { userId } });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await send(iam, 'GET', `/api/v1/access-keys?userId=${userId}&limit=2${query}`);
      seen.push(...body['items'].map((key: { accessKey: string }) => key.accessKey));
      cursor = body['next'];
    } while (cursor !== null);
    expect(seen).toHaveLength(5);
    expect(seen).toEqual([...new Set(seen)].sort());
  });

  it('are refused at once when disabled, let in again when enabled, and gone when deleted', async () => {
    const { accessKey, authorization } = await aUser(iam, 'toggled');
    const whoami = async () => (await send(iam, 'GET', '/api/v1/whoami', { authorization })).status;
    const patch = (enabled: boolean) => send(iam, 'PATCH', `/api/v1/access-keys/${accessKey}`, { body: { enabled } });
    expect(await whoami()).toBe(200);
    expect((await patch(false)).body['enabled']).toBe(false);
    await expectSoon(whoami, 401);
    await patch(true);
    await expectSoon(whoami, 200);
    expect((await send(iam, 'DELETE', `/api/v1/access-keys/${accessKey}`)).status).toBe(204);
    await expectSoon(whoami, 401);
    expect((await send(iam, 'GET', `/api/v1/access-keys/${accessKey}`)).status).toBe(404);
  });

  it('end by themselves, and cannot be enabled after their time', async () => {
    const { userId } = await aUser(iam, 'temporary');
    const expiresAt = new Date(Date.now() + 1_200).toISOString();
    const { body } = await send(iam, 'POST', '/api/v1/access-keys', { body: { userId, expiresAt } });
    const authorization = basic(body['accessKey'], body['secretKey']);
    const whoami = async () => (await send(iam, 'GET', '/api/v1/whoami', { authorization })).status;
    expect(await whoami()).toBe(200);
    await expectSoon(whoami, 401, 2_500);
    const enable = await send(iam, 'PATCH', `/api/v1/access-keys/${body['accessKey']}`, { body: { enabled: true } });
    expect(enable.status).toBe(409);
  });

  it.each([
    [{ userId: 'nobody' }, 400],
    [{ userId: '0193a0c2-d4e8-7b0f-9a1c-3e5d7f90b2a4' }, 404],
    [{}, 400],
    [{ userId: '0193a0c2-d4e8-7b0f-9a1c-3e5d7f90b2a4', expiresAt: '2001-01-01T00:00:00Z' }, 400],
    [{ userId: '0193a0c2-d4e8-7b0f-9a1c-3e5d7f90b2a4', expiresAt: '2099-W01-1' }, 400],
    [{ userId: '0193a0c2-d4e8-7b0f-9a1c-3e5d7f90b2a4', expiresAt: '2099-12-31T23:59:60Z' }, 400],
    [{ userId: '0193a0c2-d4e8-7b0f-9a1c-3e5d7f90b2a4', description: 'a\0b' }, 400],
    [{ userId: '0193a0c2-d4e8-7b0f-9a1c-3e5d7f90b2a4', secretKey: 'mine' }, 400],
  ])('are not made from %j: %i', async (body, status) => {
    expect((await send(iam, 'POST', '/api/v1/access-keys', { body })).status).toBe(status);
  });

  it('take null for what is not given', async () => {
    const { userId } = await aUser(iam, 'nulls');
    const body = { userId, description: null, expiresAt: null };
    const created = await send(iam, 'POST', '/api/v1/access-keys', { body });
    expect(created.body).toMatchObject({ description: '', expiresAt: null });
    const path = `/api/v1/access-keys/${created.body['accessKey']}`;
    const changed = await send(iam, 'PATCH', path, { body: { enabled: null, description: 'new' } });
    expect(changed.body).toMatchObject({ enabled: true, description: 'new' });
    const policy = { name: 'Nulls', description: null, document: PULL };
    expect((await send(iam, 'POST', '/api/v1/policies', { body: policy })).body['description']).toBe('');
  });

  it.each(['%00', 'a%20b', 'x'.repeat(500), '..%2f..'])('with the id %s do not exist', async (id) => {
    expect((await send(iam, 'GET', `/api/v1/access-keys/${id}`)).status).toBe(404);
  });
});

describe('users', () => {
  it('have names that stand once, are listed by name, and go with their keys', async () => {
    const { userId, authorization, accessKey } = await aUser(iam, 'leaver');
    expect((await send(iam, 'POST', '/api/v1/users', { body: { name: 'leaver' } })).status).toBe(409);
    const { body } = await send(iam, 'GET', '/api/v1/users?limit=1000');
    const names = body['items'].map((user: { name: string }) => user.name);
    expect(names).toContain('leaver');
    expect((await send(iam, 'DELETE', `/api/v1/users/${userId}`)).status).toBe(204);
    expect((await send(iam, 'GET', `/api/v1/users/${userId}`)).status).toBe(404);
    expect((await send(iam, 'GET', `/api/v1/access-keys/${accessKey}`)).status).toBe(404);
    await expectSoon(async () => (await send(iam, 'GET', '/api/v1/whoami', { authorization })).status, 401);
  });

  it('do not lose root', async () => {
    const { body } = await send(iam, 'GET', '/api/v1/users?limit=1000');
    const { userId } = body['items'].find((user: { name: string }) => user.name === 'root');
    expect((await send(iam, 'DELETE', `/api/v1/users/${userId}`)).status).toBe(409);
  });

  it('of another account do not exist', async () => {
    await iam.database.query("INSERT INTO account (account_id, name) VALUES ('000000000002', 'other')");
    const foreign = '0193a0c2-d4e8-7b0f-9a1c-3e5d7f90b2a9';
    await iam.database.query('INSERT INTO iam_user (user_id, account_id, name) VALUES ($1, $2, $3)', [
      foreign,
      '000000000002',
      'foreigner',
    ]);
    expect((await send(iam, 'GET', `/api/v1/users/${foreign}`)).status).toBe(404);
    expect((await send(iam, 'DELETE', `/api/v1/users/${foreign}`)).status).toBe(404);
    expect((await send(iam, 'PUT', `/api/v1/users/${foreign}/policies/ScrReadOnly`)).status).toBe(404);
    expect((await send(iam, 'POST', '/api/v1/access-keys', { body: { userId: foreign } })).status).toBe(404);
  });
});

describe('policies', () => {
  it('are made, shown as they were saved, replaced and deleted', async () => {
    const created = await send(iam, 'POST', '/api/v1/policies', { body: { name: 'Puller', document: PULL } });
    expect(created.status).toBe(201);
    const { policyId } = created.body;
    expect(created.body['document'].Statement[0].Action).toEqual(['scr:PullRepositoryImages']);
    const body = { name: 'Puller', description: 'new', document: PULL };
    expect((await send(iam, 'PUT', `/api/v1/policies/${policyId}`, { body })).body['description']).toBe('new');
    expect((await send(iam, 'POST', '/api/v1/policies', { body })).status).toBe(409);
    expect((await send(iam, 'DELETE', `/api/v1/policies/${policyId}`)).status).toBe(204);
    expect((await send(iam, 'GET', `/api/v1/policies/${policyId}`)).status).toBe(404);
  });

  it('of the system can be seen and attached, but neither changed, deleted nor impersonated', async () => {
    const { body } = await send(iam, 'GET', '/api/v1/policies');
    const names = body['items'].map((policy: { name: string }) => policy.name);
    expect(names).toEqual(
      expect.arrayContaining(['ScrAdministrator', 'ScrPullOnlyAccess', 'ScrPullPushOnlyAccess', 'ScrReadOnly']),
    );
    const save = { name: 'ScrReadOnly', document: PULL };
    expect((await send(iam, 'PUT', '/api/v1/policies/ScrReadOnly', { body: save })).status).toBe(409);
    expect((await send(iam, 'DELETE', '/api/v1/policies/ScrReadOnly')).status).toBe(409);
    expect((await send(iam, 'POST', '/api/v1/policies', { body: save })).status).toBe(409);
  });

  it('that are wrong are refused with the place', async () => {
    const document = { Version: '2024-07-01', Statement: [{ Effect: 'Allow', Action: ['scr:Fly'], Resource: ['*'] }] };
    const { status, body } = await send(iam, 'POST', '/api/v1/policies', { body: { name: 'Flyer', document } });
    expect(status).toBe(400);
    expect(body['errors'][0].pointer).toMatch(/^#\/document\/Statement\/0/);
  });

  it('that are attached stay until they are detached, and act within a second', async () => {
    const { userId, authorization } = await aUser(iam, 'attached');
    const list = async () => (await send(iam, 'GET', '/api/v1/users', { authorization })).status;
    const document = { ...PULL, Statement: [{ Effect: 'Allow', Action: ['scr:ListUsers'], Resource: ['*'] }] };
    const { policyId } = (await send(iam, 'POST', '/api/v1/policies', { body: { name: 'Lister', document } })).body;
    expect(await list()).toBe(403);
    expect((await send(iam, 'PUT', `/api/v1/users/${userId}/policies/${policyId}`)).status).toBe(204);
    await expectSoon(list, 200);
    const of = await send(iam, 'GET', `/api/v1/users/${userId}/policies`);
    expect(of.body['items'].map((policy: { name: string }) => policy.name)).toEqual(['Lister']);
    expect((await send(iam, 'DELETE', `/api/v1/policies/${policyId}`)).status).toBe(409);
    await send(iam, 'PUT', `/api/v1/policies/${policyId}`, { body: { name: 'Lister', document: PULL } });
    await expectSoon(list, 403);
    expect((await send(iam, 'DELETE', `/api/v1/users/${userId}/policies/${policyId}`)).status).toBe(204);
    expect((await send(iam, 'DELETE', `/api/v1/users/${userId}/policies/${policyId}`)).status).toBe(404);
  });
});

describe('simulate', () => {
  const resource = 'srn:e::000000000001:::scr:repository/r/x';

  it('decides as the real thing and says why', async () => {
    const { userId } = await aUser(iam, 'simulated', ['ScrPullOnlyAccess']);
    const ask = async (action: string) =>
      (await send(iam, 'POST', '/api/v1/policies/simulate', { body: { userId, action, resource } })).body;
    expect(await ask('scr:PullRepositoryImages')).toMatchObject({
      allowed: true,
      policy: 'ScrPullOnlyAccess',
      reason: 'allow',
    });
    const refused = await ask('scr:PushRepositoryImages');
    expect(refused).toMatchObject({ allowed: false, reason: 'no-allow', policy: null });
    expect(refused['trace'][0]).toMatchObject({ policy: 'ScrPullOnlyAccess', matched: false });
  });

  it('grants nothing on another account’s resources, whatever a policy says of them', async () => {
    const foreign = resource.replace('000000000001', '000000000002');
    const statement = { Effect: 'Allow', Action: ['scr:*'], Resource: [foreign, '*'] };
    const document = { Version: '2024-07-01', Statement: [statement] };
    const body = { document, action: 'scr:PullRepositoryImages', resource: foreign };
    const { body: decision } = await send(iam, 'POST', '/api/v1/policies/simulate', { body });
    expect(decision).toMatchObject({ allowed: false, reason: 'no-allow', policy: null });
  });

  it('tries a document that is not saved, from an address', async () => {
    const document = {
      Version: '2024-07-01',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['scr:*'],
          Resource: ['*'],
          Condition: { IpAddress: { 'scr:SourceIp': '10.0.0.0/8' } },
        },
      ],
    };
    const from = async (sourceIp: string) => {
      const body = { document, action: 'scr:PullRepositoryImages', resource, sourceIp };
      return (await send(iam, 'POST', '/api/v1/policies/simulate', { body })).body['allowed'];
    };
    expect([await from('10.1.2.3'), await from('192.0.2.1')]).toEqual([true, false]);
  });

  it.each([
    [{ action: 'scr:Fly', resource }],
    [{ action: 'scr:PullRepositoryImages', resource: 'not-an-srn' }],
    [{ action: 'scr:PullRepositoryImages', resource, document: { Version: 'x' } }],
  ])('refuses %j', async (body) => {
    expect((await send(iam, 'POST', '/api/v1/policies/simulate', { body })).status).toBe(400);
  });
});

// A change is felt within a second; the bound leaves room for a slow machine only where the test itself is slow.
async function expectSoon(read: () => Promise<number>, wanted: number, withinMs = 1_000): Promise<void> {
  const end = Date.now() + withinMs;
  let seen = await read();
  while (seen !== wanted && Date.now() < end) seen = await read();
  expect(seen).toBe(wanted);
}
