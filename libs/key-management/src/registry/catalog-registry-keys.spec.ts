import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RegistryKeyReply, RegistryKeyRequest } from '@entrepot/contracts';
import { OciError } from '@entrepot/oci';
import type { MessageClient } from '@entrepot/platform-messaging';
import { LocalMasterKeys } from '../local/local-master-keys.js';
import type { MasterKeys } from '../master-keys.js';
import { aLine, aSecret, formsOf } from '../spec/a-secret.js';
import { CatalogRegistryKeys, CURRENT_KEY_MS } from './catalog-registry-keys.js';
import { newRegistryKey } from './new-registry-key.js';
import { RegistryKeyCache } from './registry-key-cache.js';

const registryId = 'a'.repeat(32);
const line = aLine();
const masterKeys = LocalMasterKeys.parse(line);
let rows: { keyId: string; masterKeyId: string; wrapped: string }[];
let encrypted: boolean;
let asked: RegistryKeyRequest[];
let now: number;
beforeEach(async () => {
  rows = [await newRegistryKey(masterKeys, registryId)];
  [encrypted, asked, now] = [true, [], 0];
});

const messages = {
  ask: async (_question: unknown, request: RegistryKeyRequest): Promise<RegistryKeyReply> => {
    asked.push(request);
    await new Promise(setImmediate);
    const { keyId } = request;
    const key = keyId === null ? rows.at(-1) : rows.find((row) => row.keyId === keyId);
    return { encrypted, key: encrypted ? (key ?? null) : null };
  },
} as unknown as MessageClient;

const keysOf = (held: MasterKeys | null = masterKeys) =>
  new CatalogRegistryKeys({ messages, masterKeys: held, now: () => now });

describe('the keys of a gateway', () => {
  it('are unwrapped once, however many ask at once and after', async () => {
    const keys = keysOf();
    const many = await Promise.all(Array.from({ length: 50 }, () => keys.current(registryId)));
    expect(new Set(many)).toEqual(new Set([many[0]]));
    expect(many[0]).toMatchObject({ id: rows[0]!.keyId });
    expect(await keys.byId(registryId, rows[0]!.keyId)).toBe(many[0]);
    expect(asked).toHaveLength(1);
  });

  it('follow a rotation within seconds, and open older blobs with the key before', async () => {
    const keys = keysOf();
    const before = await keys.current(registryId);
    rows.push(await newRegistryKey(masterKeys, registryId));
    now = CURRENT_KEY_MS - 1;
    expect(await keys.current(registryId)).toBe(before);
    now = CURRENT_KEY_MS;
    expect((await keys.current(registryId))?.id).toBe(rows[1]!.keyId);
    expect(await keys.byId(registryId, before!.id)).toBe(before);
  });

  it('are none for a registry that is not encrypted', async () => {
    encrypted = false;
    expect(await keysOf(null).current(registryId)).toBeNull();
  });

  it.each([
    ['holds no master key', null],
    ['holds another master key', LocalMasterKeys.parse(aLine())],
  ])('a gateway that %s answers 503 with a sentence, and names the master key in the log only', async (_, held) => {
    const error: unknown = await keysOf(held)
      .current(registryId)
      .catch((it: unknown) => it);
    expect(error).toBeInstanceOf(OciError);
    const { status, message, cause, headers } = error as OciError;
    expect([status, headers]).toEqual([503, { 'retry-after': '30' }]);
    expect(message).toContain('this registry is encrypted and its key can’t be opened here');
    expect(message).not.toContain(masterKeys.ids[0]);
    expect(String(cause)).toContain(`the master key ${masterKeys.ids[0]} is not held here`);
  });

  it('of an encrypted registry whose rows are gone are 503, never plaintext', async () => {
    rows = [];
    await expect(keysOf().current(registryId)).rejects.toMatchObject({ status: 503 });
    await expect(keysOf().byId(registryId, 'k1')).rejects.toMatchObject({ status: 503 });
  });

  it('that were moved here from another registry do not open', async () => {
    await expect(keysOf().current('b'.repeat(32))).rejects.toMatchObject({ status: 503 });
  });

  it('are asked for again after they were forgotten, also those under way', async () => {
    const keys = keysOf();
    const underWay = keys.current(registryId);
    keys.forget();
    await underWay;
    await keys.current(registryId);
    expect(asked).toHaveLength(2);
    keys.forget();
    await keys.byId(registryId, rows[0]!.keyId);
    expect(asked).toHaveLength(3);
  });

  it('a failure is nobody else’s: the next one asks again', async () => {
    const lost = rows;
    rows = [];
    const keys = keysOf();
    await expect(keys.current(registryId)).rejects.toThrow();
    rows = lost;
    expect((await keys.current(registryId))?.id).toBe(rows[0]!.keyId);
  });

  it('show no secret when they are printed', async () => {
    const keys = keysOf();
    const key = await keys.current(registryId);
    const printed = inspect([keys, key], { depth: 9, showHidden: true }) + JSON.stringify(key);
    for (const form of [...formsOf(key!.secret), ...formsOf(line)]) expect(printed).not.toContain(form);
  });
});

describe('the cache of keys', () => {
  it('is bounded', () => {
    const cache = new RegistryKeyCache(() => 0, 3);
    const secret = aSecret();
    for (let n = 0; n < 10; n++) cache.keep('r', { id: `k${n}`, secret });
    expect(Array.from({ length: 10 }, (_, n) => cache.byId('r', `k${n}`)?.id).filter(Boolean)).toEqual([
      'k7',
      'k8',
      'k9',
    ]);
  });
});
