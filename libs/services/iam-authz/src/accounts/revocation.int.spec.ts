import { describe, expect, it } from '@jest/globals';
import { AccessClient } from '@entrepot/access';
import { epochBeat, epochs, principalPolicies, tokenKeys, verifyCredentials, type Epochs } from '@entrepot/contracts';
import { silentLogger } from '@entrepot/platform-persistence';
import { ROOT, type IamApp } from '../spec/iam-app.js';
import { aUser, basic, send, within } from '../spec/rest-client.js';
import { useIam } from '../spec/use-iam.js';
import { raiseEpoch } from './epoch.store.js';
import { renewIncarnationOf } from './renew-incarnation.command.js';

/** Two replicas of the service on one database, each with its own bus: what one commits, the other only sees there. */
let here: IamApp;
let there: IamApp;
let databaseUrl: string;

useIam(
  ({ apps, scratch }) => {
    databaseUrl = scratch.url;
    [here, there] = apps as [IamApp, IamApp];
  },
  { replicas: 2 },
);

const ACCOUNT = '000000000001';
const kindOf = async (app: IamApp, authorization: string, audience = app.host) => {
  try {
    return (await app.access.authenticate(authorization, { audience, sourceIp: null })).kind;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('the questions', () => {
  it('tell whose key it is, and what it may do, at which epoch', async () => {
    const request = { accessKey: ROOT.accessKey, secret: ROOT.secret, sourceIp: null, login: false };
    expect(await here.messages.ask(verifyCredentials, request)).toEqual({
      principalId: ROOT.accessKey,
      name: 'root',
      accountId: ACCOUNT,
    });
    const policies = await here.messages.ask(principalPolicies, { principalId: ROOT.accessKey });
    expect(policies).toMatchObject({ enabled: true, accountId: ACCOUNT, policies: [{ name: 'ScrAdministrator' }] });
    const { incarnation, changed } = await here.messages.ask(epochs, { since: 0 });
    expect(policies.incarnation).toBe(incarnation);
    expect(changed).toContainEqual({ accountId: ACCOUNT, epoch: policies.epoch });
  });

  it('say of an unknown principal that it is not enabled, and of a wrong secret nothing', async () => {
    expect(await here.messages.ask(principalPolicies, { principalId: 'EKNOBODY' })).toMatchObject({
      enabled: false,
      policies: [],
    });
    const wrong = { accessKey: ROOT.accessKey, secret: 'x', sourceIp: null, login: false };
    await expect(here.messages.ask(verifyCredentials, wrong)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    await expect(here.messages.ask(verifyCredentials, { ...wrong, accessKey: '\0' })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    });
  });

  it('give the public keys to both replicas alike', async () => {
    const [one, two] = await Promise.all([here, there].map(({ messages }) => messages.ask(tokenKeys, {})));
    expect(one).toEqual(two);
    expect(one?.keys).toHaveLength(1);
  });

  it('tell where the count stands without a list, to whoever asks from beyond it', async () => {
    const all = await here.messages.ask(epochs, { since: 0 });
    const none = await here.messages.ask(epochs, { since: Number.MAX_SAFE_INTEGER });
    expect(none).toEqual({ ...all, changed: [] });
  });
});

describe('beats', () => {
  it('come five times a second, and tell another replica’s changes', async () => {
    const heard: Epochs[] = [];
    const stop = there.messages.hear(epochBeat, (beat) => heard.push(beat));
    await within(1_500, () => heard.length >= 4);
    const before = heard.at(-1)!.sequence;
    await aUser(here, 'beaten');
    await within(1_000, () => heard.some(({ sequence, changed }) => sequence > before && changed.length > 0));
    stop();
  });

  it('count every change once, in the order of the commits, whoever is slow', async () => {
    const { sequence } = await here.messages.ask(epochs, { since: 0 });
    const changes = Array.from({ length: 20 }, (_, i) =>
      (i % 2 ? here : there).database.inTransaction((tx) => raiseEpoch(tx, ACCOUNT)),
    );
    await Promise.all(changes);
    expect((await here.messages.ask(epochs, { since: sequence })).sequence).toBe(sequence + 20);
  });

  it('raise nothing when the change is rolled back', async () => {
    const before = await here.messages.ask(epochs, { since: 0 });
    expect((await send(here, 'DELETE', '/api/v1/access-keys/EKNOBODY')).status).toBe(404);
    expect(await here.messages.ask(epochs, { since: 0 })).toEqual(before);
  });
});

describe('a revocation on one replica', () => {
  it.each(['disable the key', 'delete the key', 'delete the user'])(
    'is felt on the other within a second: %s',
    async (how) => {
      const { userId, accessKey, secret } = await aUser(here, how.replaceAll(' ', '-'), ['ScrPullOnlyAccess']);
      const token = await tokenFor(there, basic(accessKey, secret));
      for (const credential of [`Bearer ${token}`, basic(accessKey, secret)]) {
        expect(await kindOf(there, credential)).toBe('key');
      }
      if (how === 'disable the key')
        await send(here, 'PATCH', `/api/v1/access-keys/${accessKey}`, { body: { enabled: false } });
      if (how === 'delete the key') await send(here, 'DELETE', `/api/v1/access-keys/${accessKey}`);
      if (how === 'delete the user') await send(here, 'DELETE', `/api/v1/users/${userId}`);
      await within(1_000, async () => (await kindOf(there, `Bearer ${token}`)) === 'UNAUTHORIZED');
      await within(1_000, async () => (await kindOf(there, basic(accessKey, secret))) === 'UNAUTHORIZED');
    },
  );

  it('of a policy is felt within a second with the token still alive', async () => {
    const { userId, authorization } = await aUser(here, 'detached', ['ScrPullOnlyAccess']);
    const token = await tokenFor(there, authorization);
    const statements = async () => {
      const principal = await there.access.authenticate(`Bearer ${token}`, { audience: there.host, sourceIp: null });
      return principal.kind === 'key' ? principal.policies.statements.length : -1;
    };
    expect(await statements()).toBe(1);
    await send(here, 'DELETE', `/api/v1/users/${userId}/policies/ScrPullOnlyAccess`);
    await within(1_000, async () => (await statements()) === 0);
  });

  it('is felt within a second by a client that hears no beats', async () => {
    const { accessKey, secret } = await aUser(here, 'deaf-to');
    const messages = { ask: there.messages.ask.bind(there.messages), hear: () => () => undefined };
    const deaf = new AccessClient({ messages, logger: silentLogger });
    await deaf.start();
    const authenticate = async () =>
      deaf.authenticate(basic(accessKey, secret), { audience: there.host, sourceIp: null });
    await authenticate();
    await send(here, 'PATCH', `/api/v1/access-keys/${accessKey}`, { body: { enabled: false } });
    await within(1_200, () =>
      authenticate().then(
        () => false,
        () => true,
      ),
    );
    deaf.stop();
  });
});

describe('a database that goes back', () => {
  it('begins a new incarnation, and clients forget what they knew', async () => {
    const { accessKey, secret } = await aUser(here, 'rewound');
    expect(await kindOf(there, basic(accessKey, secret))).toBe('key');
    const before = await here.messages.ask(epochs, { since: 0 });
    // As after a restore to a moment at which the key was disabled.
    await here.database.query('UPDATE access_key SET enabled = false WHERE key_id = $1', [accessKey]);
    await here.database.query('UPDATE installation SET sequence = 1');
    await within(2_000, async () => (await here.messages.ask(epochs, { since: 0 })).incarnation !== before.incarnation);
    await within(2_000, async () => (await kindOf(there, basic(accessKey, secret))) === 'UNAUTHORIZED');
  });
});

describe('an operator who has restored a backup', () => {
  it('renews the incarnation, and gateways that remember more than the database forget it within a second', async () => {
    const { accessKey, secret } = await aUser(here, 'restored');
    const before = await here.messages.ask(epochs, { since: 0 });
    let heard = -1;
    const stop = there.messages.hear(epochBeat, ({ sequence }) => (heard = sequence));
    await within(2_000, () => heard === before.sequence);
    stop();
    expect(await kindOf(there, basic(accessKey, secret))).toBe('key');
    // As after a restore that nobody noticed: the key was disabled in the backup, and the count has caught up since.
    await here.database.query('UPDATE access_key SET enabled = false WHERE key_id = $1', [accessKey]);
    expect(await kindOf(there, basic(accessKey, secret))).toBe('key');
    const renewed = await renewIncarnationOf(databaseUrl, silentLogger);
    expect(renewed).not.toBe(before.incarnation);
    await within(1_500, async () => (await kindOf(there, basic(accessKey, secret))) === 'UNAUTHORIZED');
    expect(await here.messages.ask(epochs, { since: 0 })).toMatchObject({
      incarnation: renewed,
      sequence: before.sequence,
    });
  });

  it('is told when the database is not one of IAM', async () => {
    const elsewhere = new URL(databaseUrl);
    elsewhere.pathname = '/postgres';
    await expect(renewIncarnationOf(elsewhere.href, silentLogger)).rejects.toThrow(/installation/);
  });
});

async function tokenFor(app: IamApp, authorization: string): Promise<string> {
  const path = `/token?service=${app.host}&scope=repository:demo/apps/hello:pull`;
  return (await send(app, 'GET', path, { authorization })).body['token'];
}
