import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { holding, masterKeyLine } from '../../testing/master-keys.js';
import { RestCatalog } from '../../testing/rest-catalog.js';
import { NO_ENCRYPTION } from '../registry-encryption.js';
import { keysCommand } from './keys-command.js';

const line = masterKeyLine();
const ours = holding(line);
let rest: RestCatalog;
let folder: string;
let said: string[];
let output: PassThrough;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'entrepot-keys-'));
  rest = await RestCatalog.start({
    maxRegistries: 100,
    encryption: { ...NO_ENCRYPTION, masterKeys: ours, byDefault: true },
  });
  for (let n = 0; n < 60; n++) await rest.send('POST', '', { body: { name: `many${n}` } });
});
afterAll(async () => {
  await rest?.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  said = [];
  output = new PassThrough();
});

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const run = (args: readonly string[], databaseUrl: string | null = rest.catalog.url) =>
  keysCommand(args, {
    input: new PassThrough(),
    output,
    say: (sentence) => void said.push(sentence),
    masterKeys: () => null,
    databaseUrl: () => databaseUrl,
  });

describe('npm run keys', () => {
  it('rewraps all keys by the first line of a file, says how many, and is harmless twice', async () => {
    const next = file('next', `${masterKeyLine()}\n${line}\n`);
    const [current] = holding(...readFileSync(next, 'utf8').trim().split('\n')).ids;
    expect(await run(['rewrap', '--master-key-file', next])).toBe(0);
    expect(said).toEqual([`60 registry keys wrapped by ${current}, 0 remain under another master key.`]);
    expect(await run(['rewrap', '--master-key-file', next])).toBe(0);
    expect(said[1]).toMatch(/^0 registry keys/);
    expect(await run(['check', '--master-key-file', next])).toBe(0);
    expect(said[2]).toBe('60 of 60 registry keys open.');
    expect(await run(['check', '--master-key-file', file('old', line)])).toBe(1);
    const [fresh] = readFileSync(next, 'utf8').split('\n');
    expect(await run(['rewrap', '--master-key-file', file('back', `${line}\n${fresh}`)])).toBe(0);
  });

  it('with master keys that open nothing rewraps nothing, and names what is left', async () => {
    expect(await run(['rewrap', '--master-key-file', file('foreign', masterKeyLine())])).toBe(1);
    expect(said[0]).toContain('0 registry keys wrapped by');
    expect(said[0]).toContain('60 remain');
    expect(said).toHaveLength(61);
    expect(await run(['check', '--master-key-file', file('ours', line)])).toBe(0);
  });

  it('exports what check reads without a database, and without a secret in it', async () => {
    const keys = join(folder, 'keys.json');
    expect(await run(['export', '--out', keys])).toBe(0);
    expect(await run(['check', '--master-key-file', file('ours', line), '--keys', keys], null)).toBe(0);
    expect(said.at(-1)).toBe('60 of 60 registry keys open.');
    expect(readFileSync(keys, 'utf8')).not.toContain(line);
  });

  it.each([
    ['a command that is none', ['destroy'], 'no command destroy'],
    ['an option that is none', ['check', '--master-key', 'x'], 'master-key'],
    ['a word too many', ['check', 'all'], 'one word too many'],
    ['no master keys', ['check'], 'Name the master keys'],
    ['a file that is not there', ['check', '--master-key-file', '/absent'], 'ENOENT'],
    ['a file without keys', ['check', '--master-key-file', thisFile()], 'is not a key of 32 bytes'],
    ['wrapped keys that are none', ['check', '--keys', thisFile(), '--master-key-file', 'OURS'], 'holds no JSON'],
    ['a location that is not named', ['decrypt', '--master-key-file', 'OURS'], '--location FILE'],
  ])('refuses %s in one sentence', async (_, args, sentence) => {
    const ours = file('ours', line);
    expect(await run(args.map((word) => (word === 'OURS' ? ours : word)))).toBe(1);
    expect(said).toEqual([expect.stringContaining(sentence)]);
  });

  it('says where keys can be, when nobody told, and tells no password of a database that does not answer', async () => {
    const ours = file('ours', line);
    expect(await run(['check', '--master-key-file', ours], null)).toBe(1);
    expect(said[0]).toContain('Say where the wrapped keys are');
    expect(await run(['check', '--master-key-file', ours], 'postgres://x:hunter2@127.0.0.1:1/x')).toBe(1);
    expect(said[1]).toContain('does not answer');
    expect(said.join()).not.toContain('hunter2');
  });
});

function thisFile(): string {
  return new URL(import.meta.url).pathname;
}
