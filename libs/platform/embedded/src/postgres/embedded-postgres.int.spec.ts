import { describe, it, expect, afterAll, beforeAll } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataDirectory } from '../data-directory/data-directory.js';
import { silentLogger as logger } from '../embedded-logger.js';
import { unprivilegedAccount } from '../processes/unprivileged-account.js';
import { temporaryData } from '../spec/temporary-data.js';
import { StartRefusedError } from '../start-refused.error.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { postgresBinaries } from './postgres-binaries.js';
import { clusterRun } from './postgres-cluster.js';
import { postgresArguments } from './postgres-settings.js';
import { postmaster } from './running-postmaster.js';
import { withClient } from './service-schema.js';
import { SocketDirectory } from './socket-directory.js';

let data: DataDirectory;
let remove: () => void;
beforeAll(() => {
  ({ data, remove } = temporaryData());
});
afterAll(() => remove());

const start = () => EmbeddedPostgres.start({ data, logger });

async function running<T>(work: (postgres: EmbeddedPostgres) => Promise<T>): Promise<T> {
  const postgres = await start();
  try {
    return await work(postgres);
  } finally {
    await postgres.stop();
  }
}

const ask = (url: string, statement: string) =>
  withClient(url, async (client) => (await client.query({ text: statement, rowMode: 'array' })).rows as unknown[][]);

describe('EmbeddedPostgres', () => {
  it('runs Postgres with nothing traded for speed', async () => {
    await running(async (postgres) => {
      const names = "'fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums', 'listen_addresses'";
      const rows = await ask(postgres.adminUrl(), `select name, setting from pg_settings where name in (${names})`);
      expect(Object.fromEntries(rows)).toEqual({
        fsync: 'on',
        full_page_writes: 'on',
        synchronous_commit: 'on',
        data_checksums: 'on',
        listen_addresses: '',
      });
    });
  }, 30_000);

  it('gives each service a schema of its own and no right in another’s', async () => {
    await running(async (postgres) => {
      const urls = await postgres.ensureServices([
        { service: 'catalog', extensions: ['btree_gist'] },
        { service: 'iam-authz' },
      ]);
      const [catalog, iam] = urls as [string, string];
      await ask(catalog, 'create table tags (name text)');
      expect(await ask(catalog, "select schemaname from pg_tables where tablename = 'tags'")).toEqual([['catalog']]);
      for (const statement of [
        'select * from catalog.tags',
        'create table catalog.mine (a int)',
        'create table public.mine (a int)',
      ]) {
        await expect(ask(iam, statement)).rejects.toThrow('permission denied');
      }
      // Asked again, as at every start: same role, same password, table still there.
      expect(await postgres.ensureService({ service: 'catalog' })).toBe(catalog);
      expect(await ask(catalog, 'select count(*)::int from tags')).toEqual([[0]]);
    });
  }, 30_000);

  it('lets nobody in without the right password', async () => {
    await running(async (postgres) => {
      const url = postgres.adminUrl().replace(/:[^:@]+@/, ':wrong@');
      await expect(ask(url, 'select 1')).rejects.toThrow('password authentication failed');
    });
  }, 30_000);

  it('ends the server that a killed run left behind, and keeps what it had', async () => {
    const forgotten = await leaveBehind();
    await running(async (postgres) => {
      expect(postgres.pid).not.toBe(forgotten.pid);
      expect(await ask(postgres.adminUrl(), 'select 1')).toEqual([[1]]);
    });
    await forgotten.ended;
  }, 30_000);

  it('leaves a process alone that only has the number of a dead server', async () => {
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    writeFileSync(join(data.postgres, 'postmaster.pid'), `${stranger.pid}\n${data.postgres}\n`);
    await running((postgres) => ask(postgres.adminUrl(), 'select 1'));
    expect(stranger.exitCode).toBeNull();
    expect(stranger.signalCode).toBeNull();
    stranger.kill('SIGKILL');
    await once(stranger, 'close');
  }, 30_000);

  it('comes back by itself after a crash', async () => {
    await running(async (postgres) => {
      const first = postgres.pid as number;
      process.kill(first, 'SIGKILL');
      // The file of the killed one says "ready" until the next one writes its own.
      const next = () => postmaster(data.postgres);
      while (next()?.pid === first || !next()?.ready) await sleep(20);
      expect(await ask(postgres.adminUrl(), 'select 1')).toEqual([[1]]);
    });
  }, 30_000);

  it('refuses a cluster of another major version, and names both and the command that upgrades it', async () => {
    const file = join(data.postgres, 'PG_VERSION');
    const before = readFileSync(file);
    writeFileSync(file, '17\n');
    await expect(start()).rejects.toThrow(StartRefusedError);
    await expect(start()).rejects.toThrow(/Postgres 17 .* Postgres 18: run "npm start -- --upgrade-database"/);
    writeFileSync(file, before);
  });

  it('says which file is wrong when the administrator’s password is not the cluster’s', async () => {
    const secret = data.secretPath('postgres-admin');
    renameSync(secret, `${secret}.away`);
    await expect(start()).rejects.toThrow(`Postgres refuses the password in ${secret}`);
    renameSync(`${secret}.away`, secret);
  }, 30_000);
});

/** A Postgres on the data that nobody supervises, as after a `kill -9` of our process. */
async function leaveBehind(): Promise<{ pid: number; ended: Promise<unknown> }> {
  const account = unprivilegedAccount(data.postgres);
  const { dataPath, options } = clusterRun(data.postgres, account);
  const socketDirectory = new SocketDirectory(data.run, account).path;
  const words = postgresArguments(dataPath, { socketDirectory, port: null });
  const child = spawn(postgresBinaries(account).postgres, words, { ...options, detached: true, stdio: 'ignore' });
  while (!postmaster(data.postgres)?.ready) await sleep(20);
  return { pid: child.pid as number, ended: child.exitCode === null ? once(child, 'exit') : Promise.resolve() };
}
