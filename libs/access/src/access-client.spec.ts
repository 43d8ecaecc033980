import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { epochs, principalPolicies, tokenKeys, verifyCredentials } from '@entrepot/contracts';
import { AccessClient } from './access-client.js';
import { FakeIam } from './spec/fake-iam.js';
import { aKey, type TestKey } from './spec/token-maker.js';

const options = { audience: 'localhost:5000', sourceIp: '192.0.2.1' };
const basic = (secret: string, key = 'EKTEST') => `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`;

let key: TestKey;
let now: number;
let iam: FakeIam;
let client: AccessClient;

beforeAll(async () => {
  key = await aKey();
});

beforeEach(async () => {
  now = Date.parse('2026-11-21T12:00:00Z');
  iam = new FakeIam(key, () => now);
  client = new AccessClient({ messages: iam, logger: { warn: () => undefined }, now: () => now });
  await client.start();
});

afterEach(() => client.stop());

const ask = async (authorization: string | undefined, more = {}) =>
  client.authenticate(authorization, { ...options, ...more });
const unauthorized = { code: 'UNAUTHORIZED', status: 401 };
const unavailable = { code: 'UNAVAILABLE', status: 503 };
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('who asks', () => {
  it('is anonymous without a header, at once', () => {
    expect(client.authenticate(undefined, options)).toEqual({
      kind: 'anonymous',
      principalId: 'anonymous',
      tokenAccess: null,
    });
  });

  it('is the key’s holder with Basic, whose secret may hold colons', async () => {
    const principal = await ask(basic('s:e:cret'));
    expect(principal).toMatchObject({
      kind: 'key',
      principalId: 'EKTEST',
      name: 'tester',
      accountId: 'acct',
      tokenAccess: null,
    });
  });

  it('is the token’s subject with Bearer, narrowed to its scopes', async () => {
    const principal = await ask(`Bearer ${await iam.token()}`);
    expect(principal).toMatchObject({ kind: 'key', principalId: 'EKTEST' });
    expect([...(principal.tokenAccess?.actionsFor('repository', 'demo/apps/hello') ?? [])]).toEqual(['pull']);
  });

  it('is anonymous with an anonymous token, which keeps its scopes', async () => {
    const principal = await ask(`bearer ${await iam.token({ sub: 'anonymous' })}`);
    expect(principal.kind).toBe('anonymous');
    expect(principal.tokenAccess?.has('demo/apps/hello')).toBe(true);
    expect(iam.count(principalPolicies)).toBe(0);
  });

  it.each([
    'Digest x',
    'Basic',
    'Basic ',
    'Basic %%%',
    `Basic ${Buffer.from('nocolon').toString('base64')}`,
    'Bearer',
    'x',
  ])('is refused with %j', async (header) => expect(ask(header)).rejects.toMatchObject(unauthorized));

  it('is refused with a wrong secret, and with a key that is gone', async () => {
    await expect(ask(basic('wrong'))).rejects.toMatchObject(unauthorized);
    await expect(ask(`Bearer ${await iam.token({ sub: 'EKGONE' })}`)).rejects.toMatchObject(unauthorized);
  });
});

describe('the hot path', () => {
  it('answers known credentials without a promise and without asking', async () => {
    const bearer = `Bearer ${await iam.token()}`;
    await ask(bearer);
    await ask(basic('s:e:cret'));
    const asked = iam.asked.length;
    for (let i = 0; i < 50; i++) {
      expect(client.authenticate(bearer, options)).not.toBeInstanceOf(Promise);
      expect(client.authenticate(basic('s:e:cret'), options)).not.toBeInstanceOf(Promise);
    }
    expect(iam.asked.length).toBe(asked);
  });

  it('asks once for many that come together', async () => {
    const bearer = `Bearer ${await iam.token()}`;
    await Promise.all(Array.from({ length: 20 }, () => ask(bearer)));
    expect(iam.count(principalPolicies)).toBe(1);
    await Promise.all(Array.from({ length: 20 }, () => ask(basic('s:e:cret'))));
    expect(iam.count(verifyCredentials)).toBe(1);
  });

  it('asks about every login proper, so that each is told', async () => {
    await ask(basic('s:e:cret'), { login: true });
    await ask(basic('s:e:cret'), { login: true });
    expect(iam.count(verifyCredentials)).toBe(2);
  });

  it('never remembers a wrong secret as right', async () => {
    for (let i = 0; i < 3; i++) await expect(ask(basic('wrong'))).rejects.toMatchObject(unauthorized);
    expect(iam.count(verifyCredentials)).toBe(3);
  });
});

describe('a revocation', () => {
  it('bites at the beat that tells it, for tokens and for Basic', async () => {
    const bearer = `Bearer ${await iam.token()}`;
    await ask(bearer);
    await ask(basic('s:e:cret'));
    iam.enabled = false;
    iam.beat(iam.raise());
    await expect(ask(bearer)).rejects.toMatchObject(unauthorized);
    await expect(ask(basic('s:e:cret'))).rejects.toMatchObject(unauthorized);
  });

  it('bites after a second when the beat was lost', async () => {
    const bearer = `Bearer ${await iam.token()}`;
    await ask(bearer);
    iam.enabled = false;
    iam.raise();
    now += 1_000;
    await expect(ask(bearer)).rejects.toMatchObject(unauthorized);
  });

  it('bites when a beat shows that another was lost', async () => {
    const bearer = `Bearer ${await iam.token()}`;
    await ask(bearer);
    iam.enabled = false;
    iam.raise();
    iam.sequence++;
    iam.beat([{ accountId: 'other', epoch: 1 }]);
    await expect(ask(bearer)).rejects.toMatchObject(unauthorized);
  });

  it('is not undone by an answer that was read before it', async () => {
    const bearer = `Bearer ${await iam.token()}`;
    let overtaken = false;
    iam.beforeAnswer = async (subject) => {
      if (subject !== principalPolicies.subject || overtaken) return;
      overtaken = true;
      iam.enabled = false;
      iam.beat(iam.raise());
      await settled();
    };
    await expect(ask(bearer)).rejects.toMatchObject(unauthorized);
    expect(iam.count(principalPolicies)).toBe(2);
  });

  it('of a secret is not undone by a check that was under way', async () => {
    iam.beforeAnswer = async (subject) => {
      if (subject !== verifyCredentials.subject) return;
      iam.beforeAnswer = () => undefined;
      iam.secret = 'changed';
      iam.beat(iam.raise());
      await settled();
    };
    await ask(basic('s:e:cret'));
    await expect(ask(basic('s:e:cret'))).rejects.toMatchObject(unauthorized);
  });

  it('costs the principals of other accounts nothing', async () => {
    const bearer = `Bearer ${await iam.token()}`;
    await ask(bearer);
    iam.sequence++;
    iam.beat([{ accountId: 'other', epoch: 1 }]);
    expect(client.authenticate(bearer, options)).not.toBeInstanceOf(Promise);
  });
});

describe('silence', () => {
  it('of a second makes us ask once, and the answer counts for a second', async () => {
    const bearer = `Bearer ${await iam.token()}`;
    await ask(bearer);
    now += 1_500;
    const asked = iam.count(epochs);
    await Promise.all([ask(bearer), ask(bearer), ask(basic('s:e:cret'))]);
    expect(iam.count(epochs)).toBe(asked + 1);
    expect(client.authenticate(bearer, options)).not.toBeInstanceOf(Promise);
  });

  it('with nobody to ask is a 503 with Retry-After, and heals', async () => {
    const bearer = `Bearer ${await iam.token()}`;
    await ask(bearer);
    now += 1_500;
    iam.reachable = false;
    await expect(ask(bearer)).rejects.toMatchObject({ ...unavailable, headers: { 'retry-after': '1' } });
    await expect(ask(basic('s:e:cret'))).rejects.toMatchObject(unavailable);
    iam.reachable = true;
    await expect(ask(bearer)).resolves.toMatchObject({ principalId: 'EKTEST' });
  });

  it('does not stop anonymous clients', async () => {
    iam.reachable = false;
    now += 5_000;
    await expect(ask(undefined)).resolves.toMatchObject({ kind: 'anonymous' });
  });

  it('is not broken by a beat older than what is known', async () => {
    const bearer = `Bearer ${await iam.token()}`;
    iam.beat(iam.raise());
    await ask(bearer);
    now += 900;
    iam.sequence = 0;
    iam.beat();
    now += 200;
    iam.sequence = 1;
    const asked = iam.count(epochs);
    await ask(bearer);
    expect(iam.count(epochs)).toBe(asked + 1);
  });

  it('at the start is forgiven: what could not be had then is asked for when needed', async () => {
    const late = new FakeIam(key, () => now);
    late.reachable = false;
    const warned: string[] = [];
    const second = new AccessClient({
      messages: late,
      logger: { warn: (_, text) => warned.push(text) },
      now: () => now,
    });
    await second.start();
    expect(warned.length).toBeGreaterThan(0);
    await expect(async () => second.authenticate(`Bearer ${await late.token()}`, options)).rejects.toMatchObject(
      unavailable,
    );
    late.reachable = true;
    await expect(second.authenticate(`Bearer ${await late.token()}`, options)).resolves.toMatchObject({ kind: 'key' });
    second.stop();
  });
});

describe('a restored database', () => {
  it('of a new incarnation makes us forget everything', async () => {
    const bearer = `Bearer ${await iam.token()}`;
    iam.beat(iam.raise());
    await ask(bearer);
    Object.assign(iam, { incarnation: 'two', sequence: 0, epoch: 0, enabled: false });
    iam.beat();
    await expect(ask(bearer)).rejects.toMatchObject(unauthorized);
  });

  it('that went back under its old incarnation is noticed when we ask', async () => {
    const bearer = `Bearer ${await iam.token()}`;
    iam.beat(iam.raise());
    await ask(bearer);
    Object.assign(iam, { sequence: 0, epoch: 0, enabled: false });
    now += 1_000;
    await expect(ask(bearer)).rejects.toMatchObject(unauthorized);
  });
});

describe('start and stop', () => {
  it('fetches keys and epochs once, and hears nothing after the stop', async () => {
    expect([iam.count(tokenKeys), iam.count(epochs)]).toEqual([1, 1]);
    client.stop();
    const bearer = `Bearer ${await iam.token()}`;
    await ask(bearer);
    now += 999;
    iam.beat();
    now += 1;
    const asked = iam.count(epochs);
    await ask(bearer);
    expect(iam.count(epochs)).toBe(asked + 1);
  });
});
