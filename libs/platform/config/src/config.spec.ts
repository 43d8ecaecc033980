import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigInvalid, exitOnInvalid } from './config-invalid.js';
import { describeSettings, formatHelp } from './describe-settings.js';
import { loadConfig, loadConfigs, type Environment } from './load-config.js';
import { Secret } from './secret.js';
import { Setting } from './setting.decorator.js';

class ServerConfig {
  @Setting({
    env: 'T_PORT',
    kind: 'integer',
    default: 5000,
    min: 1,
    max: 65535,
    help: 'Port.',
    edge: 'Out of range: refused.',
  })
  readonly port!: number;
  @Setting({ env: 'T_MODE', kind: 'string', default: 'fast', allowed: ['fast', 'safe'], help: 'Mode.' })
  readonly mode!: string;
  @Setting({ env: 'T_LOUD', kind: 'boolean', default: false, help: 'Loud.' })
  readonly loud!: boolean;
  @Setting({ env: 'T_CACHE', kind: 'bytes', default: '512MiB', help: 'Cache.' })
  readonly cacheBytes!: number;
  @Setting({ env: 'T_KEEP', kind: 'duration-seconds', default: '7d', help: 'Keep.' })
  readonly keepSeconds!: number;
  @Setting({ env: 'T_URL', kind: 'url', optional: true, help: 'URL of it.' })
  readonly url?: string;
  @Setting({ env: 'T_DIR', kind: 'path', default: 'data', help: 'Directory.' })
  readonly dir!: string;
  @Setting({ env: 'T_PEERS', kind: 'list', default: [], max: 2, help: 'Peers.' })
  readonly peers!: readonly string[];
  @Setting({ env: 'T_KEY', kind: 'secret', default: undefined, min: 4, help: 'Key.' })
  readonly key?: Secret;
}

class NeedyConfig {
  @Setting({ env: 'T_DATABASE', kind: 'string', help: 'Name of the database.' })
  readonly database!: string;
}

function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems;
    throw error;
  }
  return [];
}

const load = (env: Environment) => loadConfig(ServerConfig, env);

describe('loadConfig', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('gives defaults in the unit of each kind, frozen', () => {
    const config = load({});
    expect(config).toMatchObject({
      port: 5000,
      mode: 'fast',
      loud: false,
      cacheBytes: 512 * 1024 * 1024,
      keepSeconds: 7 * 86_400,
      dir: resolve('data'),
      peers: [],
    });
    expect(config.url).toBeUndefined();
    expect(config.key).toBeUndefined();
    expect(() => Object.assign(config, { port: 1 })).toThrow(TypeError);
    expect(() => (config.peers as string[]).push('x')).toThrow(TypeError);
  });

  it('reads every kind from its text', () => {
    const config = load({
      T_PORT: ' 80 ',
      T_MODE: 'safe',
      T_LOUD: 'Yes',
      T_CACHE: '10GiB',
      T_KEEP: '90',
      T_URL: 'https://a.example',
      T_PEERS: 'a, b,',
    });
    expect(config).toMatchObject({ port: 80, mode: 'safe', loud: true, cacheBytes: 10 * 1024 ** 3, keepSeconds: 90 });
    expect(config.url).toBe('https://a.example');
    expect(config.peers).toEqual(['a', 'b']);
    expect(load({ T_CACHE: '1048576' }).cacheBytes).toBe(1048576);
  });

  it('counts an empty variable as not set', () => {
    expect(load({ T_PORT: '' }).port).toBe(5000);
  });

  it('tells every problem at once, each in one sentence that names its variable', () => {
    const problems = problemsOf(() =>
      load({ T_PORT: '70000', T_MODE: 'quick', T_LOUD: 'maybe', T_CACHE: '10 gigs', T_URL: 'nope', T_PEERS: 'a,b,c' }),
    );
    expect(problems).toEqual([
      'T_PORT is 70000, above the largest value allowed, 65535.',
      'T_MODE is "quick", not one of fast, safe.',
      'T_LOUD is "maybe", not true or false.',
      'T_CACHE is "10 gigs", not a number of bytes such as 512MiB, 10GiB or 1048576.',
      'T_URL is not a URL such as https://registry.example.com.',
      'T_PEERS is 3 entries, above the largest value allowed, 2.',
    ]);
  });

  it('refuses to start without a setting that has no default', () => {
    expect(problemsOf(() => loadConfig(NeedyConfig, {}))).toEqual([
      'T_DATABASE is not set and has no default: name of the database.',
    ]);
  });

  it('reads a value from the file that _FILE names, without its last line break', () => {
    const file = join(folder, 'key');
    writeFileSync(file, ' s3cret \n');
    expect(load({ T_KEY_FILE: file }).key?.reveal()).toBe(' s3cret ');
  });

  it('refuses both a value and its file, an unreadable file, an empty one and a huge one', () => {
    const empty = join(folder, 'empty');
    const huge = join(folder, 'huge');
    writeFileSync(empty, '\n');
    writeFileSync(huge, 'x'.repeat(300 * 1024));
    expect(problemsOf(() => load({ T_KEY: 'abcd', T_KEY_FILE: empty }))).toEqual([
      'T_KEY and T_KEY_FILE are both set: keep one of them.',
    ]);
    expect(problemsOf(() => load({ T_KEY_FILE: '/nonexistent/key' }))).toEqual([
      'T_KEY cannot be read from T_KEY_FILE, /nonexistent/key (ENOENT).',
    ]);
    expect(problemsOf(() => load({ T_KEY_FILE: empty }))[0]).toContain('the file is empty');
    expect(problemsOf(() => load({ T_KEY_FILE: huge }))[0]).toContain('larger than');
  });

  it('never repeats a secret, in a problem or in print', () => {
    expect(problemsOf(() => load({ T_KEY: 'abc' }))).toEqual([
      'T_KEY has 3 characters, fewer than the 4 that it needs.',
    ]);
    const { key } = load({ T_KEY: 'hunter2' });
    expect(`${String(key)} ${JSON.stringify({ key })} ${inspect({ key })}`).not.toContain('hunter2');
    expect(key?.reveal()).toBe('hunter2');
  });

  it('gathers the problems of several classes', () => {
    const problems = problemsOf(() => loadConfigs({ server: ServerConfig, needy: NeedyConfig }, { T_PORT: 'x' }));
    expect(problems).toHaveLength(2);
    const both = loadConfigs({ server: ServerConfig, needy: NeedyConfig }, { T_DATABASE: 'd' });
    expect(both.server.port).toBe(5000);
    expect(both.needy.database).toBe('d');
  });
});

describe('exitOnInvalid', () => {
  const port = (lines: string[]) => ({
    print: (line: string) => void lines.push(line),
    exit: (code: number): never => {
      throw new Error(`exit ${code}`);
    },
  });

  it('prints each problem on its own line and ends with 1', () => {
    const lines: string[] = [];
    expect(() => exitOnInvalid(() => loadConfig(NeedyConfig, {}), port(lines))).toThrow('exit 1');
    expect(lines).toEqual(['T_DATABASE is not set and has no default: name of the database.']);
  });

  it('leaves other errors alone', () => {
    expect(() =>
      exitOnInvalid(() => {
        throw new Error('a bug');
      }, port([])),
    ).toThrow('a bug');
  });
});

describe('formatHelp', () => {
  it('tells name, kind, default, range and edge of each setting, once', () => {
    const help = formatHelp(describeSettings(ServerConfig, ServerConfig, NeedyConfig));
    expect(help).toContain('  T_PORT  (integer; default 5000; 1 to 65535)\n      Port. Out of range: refused.\n');
    expect(help).toContain('T_MODE  (string; default fast; one of fast, safe)');
    expect(help).toContain('T_DATABASE  (string; required)');
    expect(help).toContain('T_KEY  (secret; optional; at least 4)');
    expect(help.match(/T_PORT/g)).toHaveLength(1);
  });
});
