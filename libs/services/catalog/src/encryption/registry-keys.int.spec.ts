import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RpcException } from '@nestjs/microservices';
import { type KeptKey, type MasterKeys, MasterKeysUnavailable } from '@entrepot/key-management';
import { masterKeyLine, holding } from '../testing/master-keys.js';
import { RestCatalog } from '../testing/rest-catalog.js';
import { checkAllKeys } from './key-watches.js';
import { EncryptionHandler } from './encryption.handler.js';
import { livingKeys } from './registry-key.store.js';
import { rewrapKeys } from './rewrap-keys.js';

const line = masterKeyLine();
const masterKeys = holding(line);
let rest: RestCatalog;
let handler: EncryptionHandler;

beforeAll(async () => {
  rest = await RestCatalog.start({
    maxRegistries: 200,
    encryption: { masterKeys, byDefault: true, checkSeconds: 300, escrow: null },
  });
  handler = new EncryptionHandler(rest.catalog.ports);
});
afterAll(() => rest?.close());

async function create(name: string, encryption?: { enabled: boolean }): Promise<string> {
  const { status, body } = await rest.send('POST', '', { body: { name, ...(encryption ? { encryption } : {}) } });
  expect([status, body['detail']]).toEqual([201, undefined]);
  return body['registryId'] as string;
}

async function allKeys(): Promise<KeptKey[]> {
  const keys: KeptKey[] = [];
  for await (const page of livingKeys(rest.catalog.ports.database, 7)) keys.push(...page);
  return keys;
}

describe('a registry that is made', () => {
  it('is encrypted as the installation has it by default, and says so', async () => {
    const registryId = await create('bydefault');
    expect((await rest.send('GET', `/${registryId}`)).body['encryption']).toEqual({ enabled: true });
    const { encrypted, key } = await handler.find({ registryId, keyId: null });
    expect(encrypted).toBe(true);
    expect(await masterKeys.unwrap(key!, { registryId, keyId: key!.keyId })).toMatchObject({ symmetricKeySize: 32 });
  });

  it('is not encrypted when its creator says so, and has no key', async () => {
    const registryId = await create('plain', { enabled: false });
    expect((await rest.send('GET', `/${registryId}`)).body['encryption']).toEqual({ enabled: false });
    expect(await handler.find({ registryId, keyId: null })).toEqual({ encrypted: false, key: null });
    const refused = await rest.send('POST', `/${registryId}/encryption/rotate`);
    expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('is not encrypted') } });
  });

  it('stays what it is', async () => {
    const registryId = await create('stays');
    const refused = await rest.send('PATCH', `/${registryId}`, { body: { encryption: { enabled: false } } });
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body)).toContain('encryption can be set only when the registry is created');
  });

  it('leaves no key behind when it is refused', async () => {
    const before = (await allKeys()).length;
    expect((await rest.send('POST', '', { body: { name: 'bydefault' } })).status).toBe(409);
    expect(await allKeys()).toHaveLength(before);
  });

  it('is told as damaged, never as unencrypted, when its keys are lost', async () => {
    const registryId = await create('lost');
    await rest.catalog.query(`DELETE FROM registry_key WHERE registry_id = $1`, [registryId]);
    expect(await handler.find({ registryId, keyId: null })).toEqual({ encrypted: true, key: null });
  });

  it('that does not exist has no answer', async () => {
    const refusal: RpcException = await handler
      .find({ registryId: 'f'.repeat(32), keyId: null })
      .then(() => Promise.reject(new Error('it answered')))
      .catch((error) => error);
    expect(JSON.stringify(refusal.getError())).toContain('NAME_UNKNOWN');
  });
});

describe('POST encryption/rotate', () => {
  it('refuses who may only look', async () => {
    const registryId = await create('lookonly');
    const as = rest.someone('viewer', [{ actions: ['scr:Show*', 'scr:List*'] }]);
    expect((await rest.send('POST', `/${registryId}/encryption/rotate`, { as })).status).toBe(403);
    expect((await rest.send('GET', `/${registryId}/encryption`, { as })).status).toBe(200);
  });

  it('gives new blobs a new key, keeps the old one readable and tells no key', async () => {
    const registryId = await create('rotated');
    const before = (await handler.find({ registryId, keyId: null })).key!;
    const { status, body } = await rest.send('POST', `/${registryId}/encryption/rotate`);
    expect(status).toBe(200);
    const after = (await handler.find({ registryId, keyId: null })).key!;
    expect(after.keyId).not.toBe(before.keyId);
    expect((await handler.find({ registryId, keyId: before.keyId })).key).toEqual(before);
    expect(body).toMatchObject({
      enabled: true,
      keys: [
        { keyId: after.keyId, retiredAt: null },
        { keyId: before.keyId, retiredAt: expect.any(String) },
      ],
    });
    for (const { wrapped } of [before, after]) expect(JSON.stringify(body)).not.toContain(wrapped);
    const facts = (await rest.catalog.facts()).filter(({ data }) => data['registryId'] === registryId);
    expect(facts.map(({ type }) => type)).toEqual(['registry.created', 'registry.updated']);
  });

  it('leaves one current key when rivals rotate at once', async () => {
    const registryId = await create('rivals');
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => rest.send('POST', `/${registryId}/encryption/rotate`)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    const { keys } = (await rest.send('GET', `/${registryId}/encryption`)).body as { keys: { retiredAt: unknown }[] };
    expect(keys).toHaveLength(7);
    expect(keys.filter(({ retiredAt }) => retiredAt === null)).toHaveLength(1);
  });
});

describe('rotating the master key', () => {
  const next = masterKeyLine();
  const both = holding(next, line);

  it('is for who may, of the default account alone', async () => {
    const viewer = rest.someone('looker', [{ actions: ['scr:Show*'] }]);
    const stranger = rest.someone('stranger', [{ actions: ['*'] }], '000000000002');
    const send = (method: 'GET' | 'POST', path: string, as: string) =>
      rest.app.inject({
        method,
        url: `/api/v1/master-keys${path}`,
        headers: { host: 'localhost', authorization: `Basic ${Buffer.from(`${as}:x`).toString('base64')}` },
      });
    expect((await send('POST', '/rewrap', viewer)).statusCode).toBe(403);
    expect((await send('GET', '', 'powerless')).statusCode).toBe(403);
    expect((await send('GET', '', stranger)).statusCode).toBe(403);
    expect((await send('POST', '/rewrap', stranger)).statusCode).toBe(403);
    const shown = (await send('GET', '', 'admin')).json() as object;
    expect(shown).toMatchObject({
      currentMasterKeyId: masterKeys.ids[0],
      inUse: [{ masterKeyId: masterKeys.ids[0], registries: expect.any(Number), keys: expect.any(Number) }],
      escrow: null,
    });
    expect(JSON.stringify(shown)).not.toContain(line);
    expect((await send('POST', '/rewrap', 'admin')).json()).toMatchObject({ rewrapped: 0, remaining: 0, closed: [] });
  });

  it('is shown while the key service is away, with null for what only that knows', async () => {
    const away = jest.spyOn(masterKeys, 'currentId').mockRejectedValue(new MasterKeysUnavailable('Vault is sealed'));
    try {
      const authorization = `Basic ${Buffer.from('admin:x').toString('base64')}`;
      const headers = { host: 'localhost', authorization };
      const shown = await rest.app.inject({ method: 'GET', url: '/api/v1/master-keys', headers });
      expect([shown.statusCode, shown.json()]).toMatchObject([
        200,
        {
          currentMasterKeyId: null,
          inUse: [{ masterKeyId: masterKeys.ids[0] }],
          check: { problem: expect.any(String) },
        },
      ]);
    } finally {
      away.mockRestore();
    }
  });

  it('cut off between two batches, has lost nothing and is ended by the next run; the data keys stay the same', async () => {
    for (let n = 0; n < 20; n++) await create(`many${n}`);
    const before = await allKeys();
    const secrets = await Promise.all(before.map((key) => both.unwrap(key, key)));
    let left = 11;
    const dying = failingAfter(both, () => left-- <= 0);
    const { database } = rest.catalog.ports;
    await expect(rewrapKeys(database, dying, { withinMs: 60_000, batch: 5 })).rejects.toThrow('gone');
    const half = await allKeys();
    expect(half.filter(({ masterKeyId }) => masterKeyId === both.ids[0])).toHaveLength(10);
    expect((await checkAllKeys(database, both)).problems).toEqual([]);

    const rest2 = await rewrapKeys(database, both, { withinMs: 60_000, batch: 5 });
    expect(rest2).toEqual({
      masterKeyId: both.ids[0],
      rewrapped: before.length - 10,
      finished: true,
      remaining: 0,
      closed: [],
    });
    const after = await allKeys();
    const again = await Promise.all(after.map((key) => holding(next).unwrap(key, key)));
    expect(again.map((key, index) => key.equals(secrets[index]!))).toEqual(before.map(() => true));
    expect(await rewrapKeys(database, both, { withinMs: 60_000 })).toMatchObject({ rewrapped: 0, remaining: 0 });
  });

  it('by several at once wraps every key once', async () => {
    const third = holding(masterKeyLine(), next);
    const { database } = rest.catalog.ports;
    const total = (await allKeys()).length;
    const runs = await Promise.all([1, 2, 3].map(() => rewrapKeys(database, third, { withinMs: 60_000, batch: 5 })));
    expect(runs.reduce((sum, { rewrapped }) => sum + rewrapped, 0)).toBe(total);
    expect((await checkAllKeys(database, third)).opened).toBe(total);
    await rewrapKeys(database, backUnder(line, third), { withinMs: 60_000 });
  });

  it('leaves keys that do not open as they are, tells them, and does the others', async () => {
    const foreign = holding(masterKeyLine());
    const registryId = await create('foreign');
    const { keyId } = (await handler.find({ registryId, keyId: null })).key!;
    const secret = await both.unwrap((await handler.find({ registryId, keyId })).key!, { registryId, keyId });
    const theirs = await foreign.wrap(secret, { registryId, keyId });
    await rest.catalog.query(`UPDATE registry_key SET wrapped = $2, master_key_id = $3 WHERE registry_id = $1`, [
      registryId,
      theirs.wrapped,
      theirs.masterKeyId,
    ]);
    const { database } = rest.catalog.ports;
    const run = await rewrapKeys(database, holding(masterKeyLine(), line, next), { withinMs: 60_000 });
    expect(run).toMatchObject({ remaining: 1, closed: [{ registryId, keyId, masterKeyId: theirs.masterKeyId }] });
    expect((await handler.find({ registryId, keyId })).key).toMatchObject(theirs);
  });
});

/** The same keys until `fails` says that their holder is gone. */
function failingAfter(keys: MasterKeys, fails: () => boolean): MasterKeys {
  return {
    currentId: () => keys.currentId(),
    wrap: (secret, context) => keys.wrap(secret, context),
    unwrap: (key, context) => keys.unwrap(key, context),
    rewrap: async (key, context) => {
      if (fails()) throw new MasterKeysUnavailable('gone');
      return keys.rewrap(key, context);
    },
  };
}

/** Wraps by the key of the line what `from` opens. */
function backUnder(keyLine: string, from: MasterKeys): MasterKeys {
  const current = holding(keyLine);
  return {
    currentId: () => current.currentId(),
    wrap: (secret, context) => current.wrap(secret, context),
    unwrap: (key, context) => from.unwrap(key, context),
    rewrap: async (key, context) => current.wrap(await from.unwrap(key, context), context),
  };
}
