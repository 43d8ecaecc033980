import { beforeAll, describe, expect, it } from '@jest/globals';
import { epochs } from '@entrepot/contracts';
import type { IamApp } from '../spec/iam-app.js';
import { asRoot, aUser, basic, send, within } from '../spec/rest-client.js';
import { useIam } from '../spec/use-iam.js';
import { QUIET_MS } from './accounts.service.js';

let iam: IamApp;
let ahead = 0;

useIam(
  ({ apps }) => {
    iam = apps[0]!;
  },
  { clock: () => new Date(Date.now() + ahead) },
);

interface Tenant {
  accountId: string;
  accessKey: string;
  authorization: string;
}

async function aTenant(name: string): Promise<Tenant> {
  const { status, body } = await send(iam, 'POST', '/api/v1/accounts', { body: { name } });
  expect(status).toBe(201);
  const { accessKey, secretKey } = body['rootKey'];
  return { accountId: body['accountId'], accessKey, authorization: basic(accessKey, secretKey) };
}

/** A user of the tenant with one key and one policy. */
async function aMember({ authorization }: Tenant, name: string, policy: string): Promise<string> {
  const { userId } = (await send(iam, 'POST', '/api/v1/users', { authorization, body: { name } })).body;
  await send(iam, 'PUT', `/api/v1/users/${userId}/policies/${policy}`, { authorization });
  const { body } = await send(iam, 'POST', '/api/v1/access-keys', { authorization, body: { userId } });
  return basic(body['accessKey'], body['secretKey']);
}

const ask = async (method: string, path: string, authorization = asRoot, body?: unknown) =>
  (await send(iam, method, path, { authorization, body })).status;
const disable = (accountId: string, enabled = false) =>
  ask('PATCH', `/api/v1/accounts/${accountId}`, asRoot, { enabled });

describe('creating an account', () => {
  it('makes its root with every right in it, and tells that one’s secret once', async () => {
    const { accountId, accessKey, authorization } = await aTenant('created');
    expect(accountId).toMatch(/^[1-9][0-9]{11}$/);
    const { body } = await send(iam, 'GET', '/api/v1/whoami', { authorization });
    expect(body).toEqual({ principalId: accessKey, name: 'root', accountId, policies: ['ScrAdministrator'] });
    const shown = JSON.stringify([
      (await send(iam, 'GET', `/api/v1/accounts/${accountId}`)).body,
      (await send(iam, 'GET', '/api/v1/access-keys', { authorization })).body,
    ]);
    expect(shown).toContain(accessKey);
    expect(shown).not.toMatch(/secret/i);
  });

  it('refuses a name that is taken, and leaves nothing behind', async () => {
    await aTenant('taken');
    const before = await iam.database.query('SELECT count(*) FROM access_key');
    expect(await ask('POST', '/api/v1/accounts', asRoot, { name: 'taken' })).toBe(409);
    expect(await iam.database.query('SELECT count(*) FROM access_key')).toEqual(before);
  });

  it('is told to one of two that ask for the same name at once', async () => {
    const twice = [0, 1].map(() => ask('POST', '/api/v1/accounts', asRoot, { name: 'at-once' }));
    expect((await Promise.all(twice)).sort()).toEqual([201, 409]);
  });

  it.each([
    {},
    { name: 'ab' },
    { name: 'Team' },
    { name: '1team' },
    { name: 'team-' },
    { name: 'a\nb' },
    { name: 'x'.repeat(64) },
    { name: 'abc', accountId: '000000000009' },
  ])('refuses %j', async (body) => {
    expect(await ask('POST', '/api/v1/accounts', asRoot, body)).toBe(400);
  });
});

describe('accounts', () => {
  let one: Tenant;
  let two: Tenant;
  beforeAll(async () => {
    one = await aTenant('tenant-one');
    two = await aTenant('tenant-two');
  });

  it('are the operator’s to make and change, whatever policies others have', async () => {
    const { authorization: administrator } = await aUser(iam, 'admin-of-default', ['ScrAdministrator']);
    const member = await aMember(one, 'admin-of-one', 'ScrAdministrator');
    const about = `/api/v1/accounts/${one.accountId}`;
    for (const authorization of [administrator, member, one.authorization, two.authorization]) {
      const answers = [
        await ask('POST', '/api/v1/accounts', authorization, { name: 'mine' }),
        await ask('PATCH', about, authorization, { enabled: false }),
        await ask('DELETE', about, authorization),
        await ask('POST', `${about}/root-keys`, authorization),
      ];
      expect(answers).toEqual([403, 403, 403, 403]);
    }
    expect(await ask('GET', '/api/v1/whoami', one.authorization)).toBe(200);
  });

  it('are seen by the operator, and by others only their own: another’s is as one that is not there', async () => {
    const namesFor = async (authorization: string) =>
      (await send(iam, 'GET', '/api/v1/accounts?limit=1000', { authorization })).body['items'].map(
        ({ name }: { name: string }) => name,
      );
    expect(await namesFor(asRoot)).toEqual(expect.arrayContaining(['default', 'tenant-one', 'tenant-two']));
    expect(await namesFor(one.authorization)).toEqual(['tenant-one']);
    expect(await ask('GET', `/api/v1/accounts/${one.accountId}`, one.authorization)).toBe(200);
    const answers = await Promise.all(
      [two.accountId, '000000000001', '999999999999', 'x', '%00'].map(async (id) => {
        const { status, body } = await send(iam, 'GET', `/api/v1/accounts/${id}`, one);
        return { status, detail: body['detail'] };
      }),
    );
    expect(answers).toEqual(answers.map(() => ({ status: 404, detail: 'There is no such account.' })));
  });

  it('keep users, keys and policies of their own, under names that others may use too', async () => {
    const document = { Version: '2024-07-01', Statement: [{ Effect: 'Allow', Action: ['scr:*'], Resource: ['*'] }] };
    const made = async ({ authorization }: Tenant) => {
      const { userId } = (await send(iam, 'POST', '/api/v1/users', { authorization, body: { name: 'same' } })).body;
      const { policyId } = (
        await send(iam, 'POST', '/api/v1/policies', { authorization, body: { name: 'Same', document } })
      ).body;
      const { accessKey } = (await send(iam, 'POST', '/api/v1/access-keys', { authorization, body: { userId } })).body;
      return { userId, policyId, accessKey } as Record<string, string>;
    };
    const [mine, theirs] = [await made(one), await made(two)];
    const save = { name: 'Stolen', document };
    const tries: [string, string, unknown?][] = [
      ['GET', `/api/v1/users/${theirs['userId']}`],
      ['DELETE', `/api/v1/users/${theirs['userId']}`],
      ['GET', `/api/v1/users/${theirs['userId']}/policies`],
      ['PUT', `/api/v1/users/${theirs['userId']}/policies/ScrReadOnly`],
      ['PUT', `/api/v1/users/${mine['userId']}/policies/${theirs['policyId']}`],
      ['DELETE', `/api/v1/users/${mine['userId']}/policies/${theirs['policyId']}`],
      ['GET', `/api/v1/policies/${theirs['policyId']}`],
      ['PUT', `/api/v1/policies/${theirs['policyId']}`, save],
      ['DELETE', `/api/v1/policies/${theirs['policyId']}`],
      ['GET', `/api/v1/access-keys/${theirs['accessKey']}`],
      ['PATCH', `/api/v1/access-keys/${theirs['accessKey']}`, { enabled: false }],
      ['DELETE', `/api/v1/access-keys/${theirs['accessKey']}`],
      ['POST', '/api/v1/access-keys', { userId: theirs['userId'] }],
      [
        'POST',
        '/api/v1/policies/simulate',
        { userId: theirs['userId'], action: 'scr:ListUsers', resource: 'srn:e::1:::scr:account/1' },
      ],
    ];
    for (const [method, path, body] of tries) {
      expect([method, path, await ask(method, path, one.authorization, body)]).toEqual([method, path, 404]);
    }
    const lists = await Promise.all(
      ['users', 'policies', 'access-keys'].map((what) =>
        send(iam, 'GET', `/api/v1/${what}?limit=1000`, { authorization: one.authorization }),
      ),
    );
    const seen = JSON.stringify(lists.map(({ body }) => body));
    for (const id of Object.values(theirs)) expect(seen).not.toContain(id);
    expect(seen).not.toContain(two.accountId);
    expect(await ask('GET', `/api/v1/users/${theirs['userId']}`, two.authorization)).toBe(200);
  });

  it('have epochs of their own: a change of one leaves the others’ alone', async () => {
    const epochsNow = async () =>
      new Map((await iam.messages.ask(epochs, { since: 0 })).changed.map(({ accountId, epoch }) => [accountId, epoch]));
    const before = await epochsNow();
    await aMember(one, 'epoch', 'ScrReadOnly');
    const after = await epochsNow();
    expect(after.get(one.accountId)).toBe(before.get(one.accountId)! + 3);
    expect(after.get(two.accountId)).toBe(before.get(two.accountId));
    expect(after.get('000000000001')).toBe(before.get('000000000001'));
  });

  it('whose root has lost its key get another one of the operator', async () => {
    const { body, status } = await send(iam, 'POST', `/api/v1/accounts/${one.accountId}/root-keys`);
    expect(status).toBe(201);
    const authorization = basic(body['accessKey'], body['secretKey']);
    expect((await send(iam, 'GET', '/api/v1/whoami', { authorization })).body).toMatchObject({
      accountId: one.accountId,
      name: 'root',
    });
    expect(await ask('POST', '/api/v1/accounts/999999999999/root-keys')).toBe(404);
  });

  it('let a denial of the operator’s own policies hold: an address, say, from which none may be seen', async () => {
    const statement = { Sid: 'no', Effect: 'Deny', Action: ['scr:ListAccounts'], Resource: ['*'] };
    const body = { name: 'NoAccounts', document: { Version: '2024-07-01', Statement: [statement] } };
    const { policyId } = (await send(iam, 'POST', '/api/v1/policies', { body })).body;
    const { items } = (await send(iam, 'GET', '/api/v1/users?limit=1000')).body;
    const { userId } = items.find(({ name }: { name: string }) => name === 'root');
    await send(iam, 'PUT', `/api/v1/users/${userId}/policies/${policyId}`);
    try {
      await within(2_000, async () => (await ask('GET', '/api/v1/accounts')) === 403);
    } finally {
      await send(iam, 'DELETE', `/api/v1/users/${userId}/policies/${policyId}`);
    }
    await within(2_000, async () => (await ask('GET', '/api/v1/accounts')) === 200);
  });
});

describe('a disabled account', () => {
  it('has no key that is let in, by secret, token or refresh token, until it is enabled', async () => {
    const tenant = await aTenant('suspended');
    const member = await aMember(tenant, 'member', 'ScrPullOnlyAccess');
    const path = `/token?service=${iam.host}&offline_token=true&scope=registry:api:*`;
    const { body } = await send(iam, 'GET', path, tenant);
    const bearer = `Bearer ${body['token']}`;
    const refresh = async () => {
      const form = { grant_type: 'refresh_token', refresh_token: body['refresh_token'] as string };
      return (await fetch(`${iam.url}/token`, { method: 'POST', body: new URLSearchParams(form) })).status;
    };
    const all = async () => [
      await ask('GET', '/api/v1/whoami', tenant.authorization),
      await ask('GET', '/api/v1/whoami', member),
      await ask('GET', '/api/v1/whoami', bearer),
      await refresh(),
    ];
    expect(await all()).toEqual([200, 200, 200, 200]);
    expect(await disable(tenant.accountId)).toBe(200);
    await within(2_000, async () => (await all()).every((status) => status === 401));
    expect(await ask('GET', path, tenant.authorization)).toBe(401);
    expect(await disable(tenant.accountId, true)).toBe(200);
    await within(2_000, async () => (await all()).every((status) => status === 200));
  });

  it('is not the default one', async () => {
    expect(await disable('000000000001')).toBe(409);
    expect(await ask('DELETE', '/api/v1/accounts/000000000001')).toBe(409);
  });
});

describe('deleting an account', () => {
  it('is refused while it is enabled, while it may still be at work, and while it owns a registry', async () => {
    const { accountId } = await aTenant('doomed');
    const remove = () => send(iam, 'DELETE', `/api/v1/accounts/${accountId}`);
    expect((await remove()).body).toMatchObject({ status: 409, detail: 'The account is enabled: disable it first.' });
    await disable(accountId);
    const early = await remove();
    expect(early.status).toBe(409);
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0);
    ahead += QUIET_MS;
    iam.registries.set(accountId, ['shop', 'tools']);
    expect((await remove()).body).toMatchObject({ status: 409, detail: expect.stringContaining('shop, tools') });
    iam.registries.delete(accountId);
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(404);
  });

  it('leaves neither users, keys, policies nor a way in; the name is free, the id is not', async () => {
    const tenant = await aTenant('gone');
    const { accountId } = tenant;
    const member = await aMember(tenant, 'member', 'ScrPullOnlyAccess');
    const document = { Version: '2024-07-01', Statement: [{ Effect: 'Allow', Action: ['scr:*'], Resource: ['*'] }] };
    await send(iam, 'POST', '/api/v1/policies', { ...tenant, body: { name: 'Mine', document } });
    await disable(accountId);
    ahead += QUIET_MS;
    expect(await ask('DELETE', `/api/v1/accounts/${accountId}`)).toBe(204);
    for (const authorization of [tenant.authorization, member]) {
      await within(2_000, async () => (await ask('GET', '/api/v1/whoami', authorization)) === 401);
    }
    const [left] = await iam.database.query(
      `SELECT (SELECT count(*)::int FROM iam_user WHERE account_id = $1) AS users,
        (SELECT count(*)::int FROM access_key WHERE account_id = $1) AS keys,
        (SELECT count(*)::int FROM policy WHERE account_id = $1) AS policies,
        (SELECT count(*)::int FROM account WHERE account_id = $1) AS accounts`,
      [accountId],
    );
    expect(left).toEqual({ users: 0, keys: 0, policies: 0, accounts: 1 });
    expect(await disable(accountId, true)).toBe(404);
    expect((await aTenant('gone')).accountId).not.toBe(accountId);
  });
});
