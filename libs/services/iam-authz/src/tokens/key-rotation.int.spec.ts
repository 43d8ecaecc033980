import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '@entrepot/platform-config';
import { Database, silentLogger } from '@entrepot/platform-persistence';
import { testDatabase, type TestDatabase } from '@entrepot/testing';
import { Pepper } from '../access-keys/secret-mac.js';
import { iamSchema } from '../schema.js';
import { KeyRotation, PUBLISHED_BEFORE_SIGNING_MS, RETIRED_BEFORE_GONE_MS } from './key-rotation.service.js';
import { readSigningKeys } from './signing-key.store.js';
import { SigningKeys } from './signing-keys.service.js';

const LIFETIME_SECONDS = 86_400;
const pepper = new Pepper(new Secret('a-pepper-of-at-least-32-characters!'));

let scratch: TestDatabase;
let database: Database;
let now: Date;
let rotation: KeyRotation;

let opening: Promise<void> | null = null;

beforeAll(() => (opening = open()), 90_000);

// Also what was still being opened when Jest stopped waiting.
afterAll(async () => {
  await opening?.catch(() => undefined);
  await database?.close();
  await scratch?.drop();
}, 60_000);

async function open(): Promise<void> {
  scratch = await testDatabase();
  database = await Database.open({ ...iamSchema, url: scratch.url, logger: silentLogger });
  await database.migrate();
}

beforeEach(() => {
  now = new Date('2026-11-21T12:00:00Z');
  rotation = new KeyRotation(database, pepper, LIFETIME_SECONDS, silentLogger, () => now);
});

afterEach(() => database.query('DELETE FROM signing_key'));

const states = async () => (await readSigningKeys(database)).map(({ state }) => state);
const later = (ms: number) => (now = new Date(now.getTime() + ms));
const signer = async () => {
  const keys = new SigningKeys(database, pepper);
  return (await keys.signer()).kid;
};

describe('the rotation of signing keys', () => {
  it('publishes, waits five minutes, signs, and retires the old one until its last token ended', async () => {
    await rotation.rotate();
    expect(await states()).toEqual(['signing']);
    const first = await signer();

    later(LIFETIME_SECONDS * 1000 - 1);
    await rotation.rotate();
    expect(await states()).toEqual(['signing']);

    later(1);
    await rotation.rotate();
    expect(await states()).toEqual(['published', 'signing']);
    expect(await signer()).toBe(first);

    later(PUBLISHED_BEFORE_SIGNING_MS - 1);
    await rotation.rotate();
    expect(await signer()).toBe(first);

    later(1);
    await rotation.rotate();
    expect(await states()).toEqual(['signing', 'retired']);
    expect(await signer()).not.toBe(first);
    expect((await new SigningKeys(database, pepper).published()).map(({ kid }) => kid)).toContain(first);

    later(RETIRED_BEFORE_GONE_MS);
    await rotation.rotate();
    expect(await states()).toEqual(['signing', 'retired']);
    later(1);
    await rotation.rotate();
    expect(await states()).toEqual(['signing']);
  });

  it('keeps a retired key published longer than its last token can live', () => {
    expect(RETIRED_BEFORE_GONE_MS).toBeGreaterThan((300 + 60 + 60) * 1000);
  });

  it('of several replicas at once makes one key, not several', async () => {
    const replicas = Array.from(
      { length: 5 },
      () => new KeyRotation(database, pepper, LIFETIME_SECONDS, silentLogger, () => now),
    );
    await Promise.all(replicas.map((replica) => replica.rotate()));
    expect(await states()).toEqual(['signing']);
    later(LIFETIME_SECONDS * 1000);
    await Promise.all(replicas.map((replica) => replica.rotate()));
    expect(await states()).toEqual(['published', 'signing']);
    later(PUBLISHED_BEFORE_SIGNING_MS);
    await Promise.all(replicas.map((replica) => replica.rotate()));
    expect(await states()).toEqual(['signing', 'retired']);
  });

  it('keeps no private key in the clear', async () => {
    await rotation.rotate();
    const [row] = await readSigningKeys(database);
    expect(row?.publicJwk).not.toHaveProperty('d');
    expect(row?.sealedPrivateJwk.includes('"d"')).toBe(false);
  });

  it('says so when the pepper is another', async () => {
    await rotation.rotate();
    const other = new Pepper(new Secret('another-pepper-of-at-least-32-chars'));
    await expect(new SigningKeys(database, other).reload()).rejects.toThrow(/ENTREPOT_IAM_PEPPER/);
  });

  it('is noticed by a replica that signs, and its tokens verify throughout', async () => {
    await rotation.rotate();
    const keys = new SigningKeys(database, pepper);
    const before = (await keys.signer()).kid;
    later(LIFETIME_SECONDS * 1000);
    await rotation.rotate();
    later(PUBLISHED_BEFORE_SIGNING_MS);
    await rotation.rotate();
    expect((await keys.signer()).kid).toBe(before);
    await keys.reload();
    const after = (await keys.signer()).kid;
    expect(after).not.toBe(before);
    expect((await keys.published()).map(({ kid }) => kid).sort()).toEqual([before, after].sort());
  });
});
