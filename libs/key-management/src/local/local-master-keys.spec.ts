import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { MasterKeyMissing, MasterKeysInvalid, MasterKeyWrong } from '../errors.js';
import { aLine, aSecret, formsOf } from '../spec/a-secret.js';
import { LocalMasterKeys } from './local-master-keys.js';

const context = { registryId: 'a'.repeat(32), keyId: 'k1' };

describe('master keys of a file', () => {
  it('open what they wrapped, and each wrapping is another one', async () => {
    const keys = LocalMasterKeys.parse(aLine());
    const secret = aSecret();
    const [one, two] = [await keys.wrap(secret, context), await keys.wrap(secret, context)];
    expect((await keys.unwrap(one, context)).equals(secret)).toBe(true);
    expect(one.wrapped).not.toBe(two.wrapped);
    expect(one.masterKeyId).toMatch(/^[0-9a-f]{8}$/);
    expect(await keys.currentId()).toBe(one.masterKeyId);
  });

  it.each(['base64', 'base64url', 'hex'] as const)('may be written as %s, and are the same key', (form) => {
    const line = aLine();
    const written = Buffer.from(line, 'base64').toString(form);
    expect(LocalMasterKeys.parse(`# of 2026\r\n\r\n  ${written} \r\n`).ids).toEqual(LocalMasterKeys.parse(line).ids);
  });

  it('wrap by the first line and unwrap by all, which is how they are rotated', async () => {
    const [old, fresh] = [aLine(), aLine()];
    const before = LocalMasterKeys.parse(old);
    const both = LocalMasterKeys.parse(`${fresh}\n${old}`);
    const secret = aSecret();
    const wrapped = await before.wrap(secret, context);
    const rewrapped = await both.rewrap(wrapped, context);
    expect(rewrapped.masterKeyId).toBe(both.ids[0]);
    expect((await LocalMasterKeys.parse(fresh).unwrap(rewrapped, context)).equals(secret)).toBe(true);
    await expect(before.unwrap(rewrapped, context)).rejects.toBeInstanceOf(MasterKeyMissing);
  });

  it.each([
    ['another registry', { ...context, registryId: 'b'.repeat(32) }],
    ['another key id', { ...context, keyId: 'k2' }],
  ])('do not open a wrapping that was moved to %s', async (_, moved) => {
    const keys = LocalMasterKeys.parse(aLine());
    await expect(keys.unwrap(await keys.wrap(aSecret(), context), moved)).rejects.toBeInstanceOf(MasterKeyWrong);
  });

  it('do not open a wrapping of which any byte was changed, or that was cut', async () => {
    const keys = LocalMasterKeys.parse(aLine());
    const { masterKeyId, wrapped } = await keys.wrap(aSecret(), context);
    const bytes = Buffer.from(wrapped, 'base64');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      const attempt = keys.unwrap({ masterKeyId, wrapped: changed.toString('base64') }, context);
      await expect(attempt).rejects.toBeInstanceOf(MasterKeyWrong);
    }
    const cut = keys.unwrap({ masterKeyId, wrapped: bytes.subarray(0, -1).toString('base64') }, context);
    await expect(cut).rejects.toBeInstanceOf(MasterKeyWrong);
  });

  it('do not open what another key of the same name wrapped', async () => {
    const [mine, theirs] = [LocalMasterKeys.parse(aLine()), LocalMasterKeys.parse(aLine())];
    const { wrapped } = await theirs.wrap(aSecret(), context);
    await expect(mine.unwrap({ masterKeyId: mine.ids[0]!, wrapped }, context)).rejects.toBeInstanceOf(MasterKeyWrong);
  });

  it.each([
    ['nothing', '# no key\n\n'],
    ['a key of 31 bytes', Buffer.alloc(31, 7).toString('base64')],
    ['a key of 33 bytes', Buffer.alloc(33, 7).toString('base64')],
    ['a password', 'correct horse battery staple'],
    ['the same key twice', `${Buffer.alloc(32, 7).toString('base64')}\n${Buffer.alloc(32, 7).toString('hex')}`],
    ['too many keys', Array.from({ length: 65 }, aLine).join('\n')],
  ])('are refused when there is %s, without repeating a line', (_, text) => {
    const refused = () => LocalMasterKeys.parse(text);
    expect(refused).toThrow(MasterKeysInvalid);
    try {
      refused();
    } catch (error) {
      for (const line of text.split('\n').filter((it) => it.length > 10)) expect(inspect(error)).not.toContain(line);
    }
  });

  it('open the wrapping of docs/blob-format.md, which another implementation made', async () => {
    const file = new URL('../../../../docs/examples/blob-format-vectors.json', import.meta.url);
    const vectors = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    const { masterKey = '', masterKeyId = '', registryId = '', keyId = '', registryKey, wrapped = '' } = vectors;
    const keys = LocalMasterKeys.parse(masterKey);
    expect(keys.ids).toEqual([masterKeyId]);
    const secret = await keys.unwrap({ masterKeyId, wrapped }, { registryId, keyId });
    expect(secret.export().toString('hex')).toBe(registryKey);
  });

  it('show no key when they are printed, nor do the wrapped keys', async () => {
    const line = aLine();
    const keys = LocalMasterKeys.parse(line);
    const secret = aSecret();
    const wrapped = await keys.wrap(secret, context);
    const printed = [inspect(keys, { depth: 9, showHidden: true }), JSON.stringify(keys), inspect(wrapped)].join();
    for (const form of [...formsOf(line), ...formsOf(secret)]) expect(printed).not.toContain(form);
  });
});
