import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '@entrepot/platform-config';
import { MasterKeyMissing, MasterKeyWrong } from '../errors.js';
import { LocalMasterKeys } from '../local/local-master-keys.js';
import { SeveralMasterKeys } from '../several-master-keys.js';
import { aLine, aSecret, formsOf } from '../spec/a-secret.js';
import { FakeTransit } from '../spec/fake-transit.js';
import { selfSigned } from '../spec/self-signed.js';
import { VaultMasterKeys, type VaultSettings } from './vault-master-keys.js';

const context = { registryId: 'a'.repeat(32), keyId: 'k1' };
let vault: FakeTransit;
beforeEach(async () => {
  vault = await FakeTransit.start();
});
afterEach(() => vault.stop());

const keysOf = (more: Partial<VaultSettings> = {}) =>
  new VaultMasterKeys({
    address: vault.address,
    mount: 'transit',
    key: 'entrepot',
    token: new Secret(vault.token),
    timeoutMs: 2_000,
    backoffMs: 5,
    ...more,
  });

describe('master keys of a Vault', () => {
  it('wrap and unwrap without leaving it, named by the version of the transit key', async () => {
    const keys = keysOf({ namespace: 'team' });
    const secret = aSecret();
    const wrapped = await keys.wrap(secret, context);
    expect(wrapped).toEqual({ masterKeyId: 'vault-entrepot-v1', wrapped: expect.stringMatching(/^vault:v1:/) });
    expect((await keys.unwrap(wrapped, context)).equals(secret)).toBe(true);
    await keys.wrap(secret, context);
    expect(vault.requests).toEqual([
      { method: 'GET', path: '/v1/transit/keys/entrepot', namespace: 'team' },
      { method: 'POST', path: '/v1/transit/encrypt/entrepot', namespace: 'team' },
      { method: 'POST', path: '/v1/transit/decrypt/entrepot', namespace: 'team' },
      { method: 'POST', path: '/v1/transit/encrypt/entrepot', namespace: 'team' },
    ]);
  });

  it('follow a rotation in Vault: old wrappings open, new ones and rewrapped ones are of the new version', async () => {
    const keys = keysOf();
    const secret = aSecret();
    const old = await keys.wrap(secret, context);
    vault.rotate();
    expect(await keys.currentId()).toBe('vault-entrepot-v2');
    const fresh = await keys.rewrap(old, context);
    expect(fresh.masterKeyId).toBe('vault-entrepot-v2');
    for (const key of [old, fresh]) expect((await keys.unwrap(key, context)).equals(secret)).toBe(true);
    expect(vault.requests.filter(({ path }) => path.includes('/rewrap/'))).toHaveLength(1);
    vault.minDecryptionVersion = 2;
    expect((await keys.unwrap(fresh, context)).equals(secret)).toBe(true);
    for (const attempt of [() => keys.unwrap(old, context), () => keys.rewrap(old, context)]) {
      await expect(attempt()).rejects.toMatchObject({
        name: 'MasterKeyMissing',
        why: expect.stringContaining('lower min_decryption_version'),
      });
    }
  });

  it('are missing, not wrong, when Vault has another transit key of that name, restored from before, or none', async () => {
    const keys = keysOf();
    await keys.wrap(aSecret(), context);
    vault.rotate();
    const later = await keys.wrap(aSecret(), context);
    await vault.stop();
    vault = await FakeTransit.start();
    const why = (it: string) => ({ name: 'MasterKeyMissing', why: expect.stringContaining(it) });
    await expect(keysOf().unwrap(later, context)).rejects.toMatchObject(why('no such version'));
    vault.deleted = true;
    await expect(keysOf().unwrap(later, context)).rejects.toMatchObject(why('no such transit key'));
  });

  it('do not open what was changed in the row, whatever is left of it', async () => {
    const keys = keysOf();
    const { wrapped, masterKeyId } = await keys.wrap(aSecret(), context);
    for (const changed of ['vault:v1:AAAA', `${wrapped.slice(0, -8)}AAAAAAA=`]) {
      const attempt = keys.unwrap({ masterKeyId, wrapped: changed }, context);
      await expect(attempt).rejects.toBeInstanceOf(MasterKeyWrong);
    }
  });

  it('do not open what belongs to another registry, nor what a file’s key wrapped', async () => {
    const keys = keysOf();
    const wrapped = await keys.wrap(aSecret(), context);
    await expect(keys.unwrap(wrapped, { ...context, keyId: 'k2' })).rejects.toBeInstanceOf(MasterKeyWrong);
    const local = await LocalMasterKeys.parse(aLine()).wrap(aSecret(), context);
    await expect(keys.unwrap(local, context)).rejects.toBeInstanceOf(MasterKeyMissing);
  });

  it.each(['sealed', 'internal', 'cut', 'nonsense', 'long'] as const)(
    'try again after an answer that is %s',
    async (mishap) => {
      const keys = keysOf();
      const secret = aSecret();
      vault.mishaps.push(mishap);
      const wrapped = await keys.wrap(secret, context);
      vault.mishaps.push(mishap);
      expect((await keys.unwrap(wrapped, context)).equals(secret)).toBe(true);
      expect(vault.requests).toHaveLength(5);
    },
  );

  it('give up after four tries, and say so as a failure of the environment', async () => {
    vault.mishaps.push('sealed', 'sealed', 'sealed', 'sealed');
    await expect(keysOf().wrap(aSecret(), context)).rejects.toMatchObject({
      name: 'MasterKeysUnavailable',
      retryable: true,
      message: `Vault at ${vault.address} answers 503: Vault is sealed`,
    });
    expect(vault.requests).toHaveLength(4);
  });

  it('do not wait for a Vault that never answers', async () => {
    vault.mishaps.push('slow', 'slow', 'slow', 'slow');
    await expect(keysOf({ timeoutMs: 50 }).wrap(aSecret(), context)).rejects.toMatchObject({
      name: 'MasterKeysUnavailable',
      message: `Vault at ${vault.address} does not answer within 0.05 s`,
    });
  });

  it.each([
    ['a wrong token', { token: new Secret('hvs.wrong') }, true, 'refuses our token: it is unknown or expired'],
    ['a key that the policy lacks', { key: 'absent' }, true, 'its policy does not allow transit/keys/absent'],
    ['a mount that the policy lacks', { mount: 'other' }, true, 'its policy does not allow other/keys/entrepot'],
    ['a key that is not there', { key: 'absent' }, false, 'no transit key absent in transit'],
    ['a mount that is not there', { mount: 'other' }, false, 'no transit key entrepot in other'],
  ])('with %s ask once, say what to do and make no key', async (_, more, narrow, sentence) => {
    vault.narrow = narrow;
    await expect(keysOf(more).wrap(aSecret(), context)).rejects.toMatchObject({
      name: 'MasterKeysUnavailable',
      retryable: false,
      message: expect.stringContaining(sentence),
    });
    expect(vault.requests).toHaveLength(1);
  });

  it('refuse a transit key that is not derived: registries could be swapped', async () => {
    vault.derived = false;
    const keys = keysOf();
    for (const attempt of [() => keys.currentId(), () => keys.wrap(aSecret(), context)]) {
      await expect(attempt()).rejects.toThrow('derived=true');
    }
    expect(vault.requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  it('tell no key and no token, whatever goes wrong', async () => {
    const secret = aSecret();
    const told: string[] = [];
    for (const mishap of ['sealed', 'internal', 'cut', 'nonsense', 'long'] as const) {
      vault.mishaps.push(mishap, mishap, mishap, mishap);
      const error: unknown = await keysOf()
        .wrap(secret, context)
        .catch((it: unknown) => it);
      told.push(inspect(error, { depth: 9 }));
    }
    expect(told.join()).toContain('MasterKeysUnavailable');
    for (const form of [...formsOf(secret), vault.token]) expect(told.join()).not.toContain(form);
  });
});

describe('a token in a file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'entrepot-vault-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is read again when Vault refuses it, since an agent renews it', async () => {
    const tokenPath = join(folder, 'token');
    writeFileSync(tokenPath, `${vault.token}\n`);
    const keys = keysOf({ token: undefined, tokenPath });
    await keys.currentId();
    vault.token = 'hvs.second';
    writeFileSync(tokenPath, 'hvs.second\n');
    expect(await keys.currentId()).toBe('vault-entrepot-v1');
    expect(vault.requests).toHaveLength(3);
    vault.token = 'hvs.third';
    await expect(keys.currentId()).rejects.toThrow('refuses our token');
    expect(vault.requests).toHaveLength(5);
  });

  it('that is not there is named', async () => {
    const keys = keysOf({ token: undefined, tokenPath: join(folder, 'absent') });
    await expect(keys.currentId()).rejects.toThrow(/can't be read from .*absent \(ENOENT\)/);
  });
});

describe('TLS to a Vault', () => {
  it('trusts the authority that it is told of, and nobody else', async () => {
    const tls = selfSigned();
    const secure = await FakeTransit.start(tls);
    try {
      const settings = { address: secure.address, token: new Secret(secure.token) };
      expect(await keysOf({ ...settings, ca: tls.cert }).currentId()).toBe('vault-entrepot-v1');
      await expect(keysOf(settings).currentId()).rejects.toThrow('self-signed certificate');
    } finally {
      await secure.stop();
    }
  });
});

describe('the way from a file to a Vault', () => {
  it('opens what either wrapped and wraps by the Vault, so that rewrapping moves everything', async () => {
    const local = LocalMasterKeys.parse(aLine());
    const both = new SeveralMasterKeys([keysOf(), local]);
    const secret = aSecret();
    const old = await local.wrap(secret, context);
    expect((await both.unwrap(old, context)).equals(secret)).toBe(true);
    const moved = await both.rewrap(old, context);
    expect(moved.masterKeyId).toBe('vault-entrepot-v1');
    expect((await keysOf().unwrap(moved, context)).equals(secret)).toBe(true);
    const other = await LocalMasterKeys.parse(aLine()).wrap(secret, context);
    await expect(both.unwrap(other, context)).rejects.toBeInstanceOf(MasterKeyMissing);
    vault.rotate();
    vault.minDecryptionVersion = 2;
    await expect(both.unwrap(moved, context)).rejects.toThrow('lower min_decryption_version');
  });
});
