import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { CutProxy, testDatabase, type TestDatabase } from '@entrepot/testing';
import { Database } from './database.js';
import { DatabaseUnavailable } from './database-errors.js';
import { silentLogger } from './platform-logger.js';
import { SoleReplica } from './sole-replica.js';

let scratch: TestDatabase;
let proxy: CutProxy;
const open: (() => Promise<void>)[] = [];

beforeAll(async () => {
  scratch = await testDatabase();
  proxy = new CutProxy(scratch.server);
  await proxy.up();
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
afterAll(async () => {
  await proxy?.down();
  await scratch?.drop();
});

async function aReplica({ url = scratch.url, aloneAfterMs = 0 } = {}): Promise<SoleReplica> {
  const options = { url, schema: 'replicas', entities: [], migrations: [], poolSize: 1, logger: silentLogger };
  const database = await Database.open(options);
  const replica = new SoleReplica({ database, aloneAfterMs, logger: silentLogger });
  replica.start();
  open.push(async () => {
    await replica.stop();
    await database.close();
  });
  return replica;
}

async function until(what: () => boolean, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!what()) {
    if (performance.now() > deadline) throw new Error(`not so within ${withinMs} ms: ${what}`);
    await sleep(10);
  }
}

describe('SoleReplica', () => {
  it('is alone when nobody else is there, and may change something at once', async () => {
    const one = await aReplica();
    await one.joined();
    await until(() => one.isAlone);
    expect(one.term).toBe(1);
  });

  it('is not alone before nobody else was there for long enough', async () => {
    const one = await aReplica({ aloneAfterMs: 60_000 });
    await one.joined();
    await until(() => one.term === 1);
    expect(one.isAlone).toBe(false);
  });

  it('makes room for another before that one may change anything, and is alone again when it has gone', async () => {
    const one = await aReplica();
    await until(() => one.isAlone);
    const other = await aReplica();
    await other.joined();
    expect([one.isAlone, other.isAlone]).toEqual([false, false]);
    // Room is made for two seconds; nobody may take the chance while both are there.
    await sleep(3_000);
    expect([one.isAlone, other.isAlone]).toEqual([false, false]);
    await one.joined();
    await open.pop()!();
    await until(() => one.isAlone);
    expect(one.term).toBe(2);
  });

  it('is never alone beside another, whoever comes and goes', async () => {
    const replicas = await Promise.all([aReplica(), aReplica(), aReplica()]);
    await Promise.all(replicas.map((replica) => replica.joined()));
    for (let look = 0; look < 100; look++) {
      expect(replicas.filter((replica) => replica.isAlone)).toEqual([]);
      await sleep(10);
    }
  });

  it('stops being alone when its connection ends, and refuses changes until it is back', async () => {
    const one = await aReplica({ url: scratch.urlAt(proxy.port) });
    await until(() => one.isAlone);
    await proxy.down();
    await until(() => !one.isAlone, 1_000);
    await expect(one.joined()).rejects.toBeInstanceOf(DatabaseUnavailable);
    // The next one need not wait to hear that.
    const asked = performance.now();
    await expect(one.joined()).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect(performance.now() - asked).toBeLessThan(1_000);
    await proxy.up();
    await until(() => one.isAlone);
    await one.joined();
    await until(() => one.isAlone);
    expect(one.term).toBe(2);
  });

  it('takes the place of one whose process stalls, which is not alone any more when it goes on', async () => {
    const admin = new pg.Client({ connectionString: scratch.url });
    await admin.connect();
    open.push(() => admin.end());
    // What a stopped process leaves: a connection that has the lock and says nothing.
    await admin.query(`SELECT pg_advisory_lock(hashtextextended('entrepot.replicas.replicas', 0))`);
    admin.on('error', () => undefined);
    const one = await aReplica();
    await one.joined();
    await until(() => one.isAlone);
  });

  it('that gets the lock changes nothing for as long as the one before may say that it is alone', async () => {
    const began = performance.now();
    const one = await aReplica({ aloneAfterMs: 60_000 });
    await one.joined();
    expect(performance.now() - began).toBeGreaterThan(990);
  });

  it('is alone again when who asked for room has gone before it was there', async () => {
    const one = await aReplica();
    await until(() => one.isAlone);
    const admin = new pg.Client({ connectionString: scratch.url });
    await admin.connect();
    await admin.query(`SELECT pg_notify('entrepot_replicas', 'replicas')`).finally(() => admin.end());
    await until(() => !one.isAlone, 5_000);
    await until(() => one.isAlone);
    expect(one.term).toBe(2);
  });

  it('allows no change after it has stopped', async () => {
    const one = await aReplica();
    await until(() => one.isAlone);
    await one.stop();
    expect(one.isAlone).toBe(false);
    await expect(one.joined()).rejects.toBeInstanceOf(DatabaseUnavailable);
  });
});
