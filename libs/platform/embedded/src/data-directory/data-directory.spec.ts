import { describe, it, expect, afterEach, beforeEach } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartRefusedError } from '../start-refused.error.js';
import { DataDirectory } from './data-directory.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'entrepot-data-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Another process that holds the lock until it is killed. */
const HOLDER = `
  const { DatabaseSync } = require('node:sqlite');
  const file = new DatabaseSync(process.argv[1]);
  file.exec('BEGIN EXCLUSIVE');
  console.log('held');
  setInterval(() => undefined, 1000);
`;

describe('DataDirectory.lock', () => {
  it('refuses a directory that another process has, in one sentence that names the process', () => {
    const first = DataDirectory.lock(folder);
    expect(() => DataDirectory.lock(folder)).toThrow(StartRefusedError);
    expect(() => DataDirectory.lock(folder)).toThrow(`in use by another running Entrepot (process ${process.pid})`);
    first.unlock();
    DataDirectory.lock(folder).unlock();
  });

  it('is free again the moment its owner is killed', async () => {
    DataDirectory.lock(folder).unlock();
    const holder = spawn(process.execPath, ['-e', HOLDER, join(folder, 'run', 'lock')]);
    await once(holder.stdout, 'data');
    expect(() => DataDirectory.lock(folder)).toThrow(StartRefusedError);
    holder.kill('SIGKILL');
    await once(holder, 'close');
    DataDirectory.lock(folder).unlock();
  });

  it('says in one sentence that a directory can not be written', () => {
    writeFileSync(join(folder, 'a-file'), '');
    expect(() => DataDirectory.lock(join(folder, 'a-file', 'data'))).toThrow(
      /can't be written \(ENOTDIR\).*ENTREPOT_DATA_DIR/,
    );
  });

  it('gives up at once below a directory in which nothing can be made', () => {
    expect(() => DataDirectory.lock('/proc/entrepot/data')).toThrow(StartRefusedError);
  });

  it('makes the folders, and lets only the owner into secrets, bytes and streams', () => {
    const data = DataDirectory.lock(join(folder, 'deep', 'data'));
    for (const part of [data.secrets, data.blobs, data.nats]) expect(statSync(part).mode & 0o777).toBe(0o700);
    expect(existsSync(data.run)).toBe(true);
    data.unlock();
  });
});

describe('DataDirectory.secret', () => {
  it('makes a secret once, readable by the owner only', () => {
    const data = DataDirectory.lock(folder);
    const secret = data.secret('postgres-catalog');
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(data.secret('postgres-catalog')).toBe(secret);
    expect(data.secret('postgres-metrics')).not.toBe(secret);
    expect(statSync(data.secretPath('postgres-catalog')).mode & 0o777).toBe(0o600);
    expect(readFileSync(data.secretPath('postgres-catalog'), 'utf8')).toBe(`${secret}\n`);
    data.unlock();
  });

  it.each(['../x', '', 'A', 'a/b', '.hidden'])('takes no name like %j', (name) => {
    expect(() => DataDirectory.at(folder).secretPath(name)).toThrow(TypeError);
  });
});
