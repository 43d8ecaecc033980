import { setTimeout as sleep } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { imagePushed } from '@entrepot/contracts';
import { appendFact, Database, outboxMigration, silentLogger, type Transaction } from '@entrepot/platform-persistence';
import { CutProxy, testDatabase, type TestDatabase } from '@entrepot/testing';
import { BusLink } from '../bus/bus-link.js';
import { eventually } from '../spec/eventually.js';
import { natsTarget, natsUrl } from '../spec/nats-url.js';
import { streamOf } from '../spec/stream-of.js';
import { OutboxRelay } from './outbox-relay.js';

let scratch: TestDatabase;
let database: Database;
let postgres: CutProxy;
let nats: CutProxy;
let link: BusLink;
let observer: BusLink;
let accountId: string;
const relays: OutboxRelay[] = [];

const open = (url: string): Promise<Database> =>
  Database.open({
    url,
    schema: 'catalog',
    entities: [],
    migrations: [outboxMigration('catalog')],
    logger: silentLogger,
  });
const connect = (servers: string): Promise<BusLink> =>
  BusLink.open({ servers, service: 'spec-relay', logger: silentLogger });

beforeAll(async () => {
  scratch = await testDatabase();
  postgres = new CutProxy(scratch.server);
  nats = new CutProxy(natsTarget());
  await postgres.up();
  await nats.up();
  database = await open(scratch.url);
  await database.migrate();
  observer = await connect(natsUrl());
  link = await connect(`nats://127.0.0.1:${nats.port}`);
});

beforeEach(() => {
  accountId = `spec-${randomBytes(6).toString('hex')}`;
});

afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});

afterAll(async () => {
  await link?.close();
  await observer?.close();
  await database?.close();
  await nats?.down();
  await postgres?.down();
  await scratch?.drop();
});

const relay = (on: Database = database, pollMs?: number, more: { stalledAfterMs?: number } = {}): OutboxRelay => {
  const made = new OutboxRelay({ database: on, link, logger: silentLogger, ...(pollMs ? { pollMs } : {}), ...more });
  relays.push(made);
  made.start();
  return made;
};

const append = (tx: Transaction, key: string, size: number): string =>
  appendFact(
    tx,
    imagePushed,
    { accountId, registryId: 'r1', orderingKey: key, actor: 'spec', subject: key, now: new Date() },
    { ...imagePushed.example, size },
  );
const push = (key: string, size: number): Promise<string> =>
  database.inTransaction(async (tx) => append(tx, key, size));
const waiting = async (): Promise<number> =>
  Number((await database.query<{ count: string }>('SELECT count(*) FROM outbox'))[0]!.count);
const sizesOf = async (key: string): Promise<number[]> =>
  (await streamOf(observer, accountId))
    .filter(({ event }) => event.partitionkey === key)
    .map(({ event }) => (event.data as { size: number }).size);

describe('OutboxRelay', () => {
  it('publishes a committed fact as a CloudEvent within moments, and forgets it', async () => {
    relay(database, 60_000);
    let id = '';
    // Only the signal of a commit makes it look again in time. Whatever runs on the server meanwhile holds facts back, until the next signal.
    await eventually(async () => {
      id = await push('image-1', 2);
      await sleep(500);
      return (await waiting()) === 0;
    }, 30_000);
    const published = (await streamOf(observer, accountId)).find(({ event }) => event.id === id);
    expect(published).toMatchObject({
      id,
      subject: `events.${accountId}.r1.image.pushed.v1`,
      event: {
        specversion: '1.0',
        id,
        source: '/entrepot/catalog',
        type: 'image.pushed.v1',
        subject: 'image-1',
        accountid: accountId,
        registryid: 'r1',
        actor: 'spec',
        partitionkey: 'image-1',
        data: { ...imagePushed.example, size: 2 },
      },
    });
  });

  it('publishes nothing that rolled back and everything that committed, in order within a key', async () => {
    relay();
    const keys = ['a', 'b', 'c', 'd'];
    await Promise.all(
      keys.map(async (key) => {
        for (let i = 0; i < 100; i++) {
          const work = database.inTransaction(async (tx) => {
            append(tx, key, i);
            if (i % 10 === 9) throw new Error('rolled back');
          });
          await work.catch(() => undefined);
        }
      }),
    );
    await eventually(async () => (await waiting()) === 0);
    const committed = Array.from({ length: 100 }, (_, i) => i).filter((i) => i % 10 !== 9);
    for (const key of keys) expect(await sizesOf(key)).toEqual(committed);
  });

  it('holds back what began after a transaction that still runs, so that its facts keep their place', async () => {
    relay(database, 50);
    let finish = (): void => undefined;
    const held = new Promise<void>((resolve) => (finish = resolve));
    let begun = (): void => undefined;
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const slow = database.inTransaction(async (tx) => {
      append(tx, 'slow', 1);
      await tx.written();
      begun();
      await held;
    });
    await hasBegun;
    await push('quick', 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await streamOf(observer, accountId)).toEqual([]);
    finish();
    await slow;
    await eventually(async () => (await waiting()) === 0);
    const keys = (await streamOf(observer, accountId)).map(({ event }) => event.partitionkey);
    expect(keys).toEqual(expect.arrayContaining(['slow', 'quick']));
  });

  it('works on one replica at a time; another takes over when that one dies', async () => {
    const viaProxy = await open(scratch.urlAt(postgres.port));
    relay(viaProxy);
    await push('a', 1);
    await eventually(async () => (await waiting()) === 0);
    relay(database);
    const leases = await database.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
    expect(leases).toHaveLength(1);
    await postgres.down();
    await push('a', 2);
    await eventually(async () => (await waiting()) === 0);
    expect(await sizesOf('a')).toEqual([1, 2]);
    await relays.shift()!.stop();
    await postgres.up();
    await viaProxy.close();
  });

  it('lets a key whose facts the stream does not take wait, in its order, while the others go on', async () => {
    // More of them than one look at the outbox takes, and older than all others.
    await database.inTransaction(async (tx) => {
      for (let i = 0; i < 300; i++) append(tx, 'stuck', i);
    });
    const [{ subject }] = (await database.query<{ subject: string }>(
      `SELECT DISTINCT bus_subject AS subject FROM outbox`,
    )) as [{ subject: string }];
    await database.query(`UPDATE outbox SET bus_subject = 'nowhere.' || bus_subject WHERE ordering_key = 'stuck'`);
    for (let i = 0; i < 3; i++) await push('free', i);
    relay();
    await eventually(async () => (await waiting()) === 300);
    expect(await sizesOf('free')).toEqual([0, 1, 2]);
    await push('free', 3);
    await eventually(async () => (await waiting()) === 300);
    await database.query(`UPDATE outbox SET bus_subject = $1`, [subject]);
    await eventually(async () => (await waiting()) === 0, 35_000);
    expect(await sizesOf('stuck')).toEqual(Array.from({ length: 300 }, (_, i) => i));
  }, 60_000);

  it('takes over from a replica that stalls with its connection open, and from none that is only idle', async () => {
    // As a process that was stopped: it holds the lock, and says nothing.
    const stalled = await database.dedicatedConnection();
    const lock = `SELECT pg_advisory_lock(hashtextextended('entrepot.outbox.catalog', 0))`;
    await stalled.query(lock);
    relay(database, 50, { stalledAfterMs: 500 });
    await push('a', 1);
    await eventually(async () => (await waiting()) === 0);
    const idle = relay(database, 50, { stalledAfterMs: 500 });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await expect(stalled.query('SELECT 1')).rejects.toThrow();
    await push('a', 2);
    await eventually(async () => (await waiting()) === 0);
    expect(await sizesOf('a')).toEqual([1, 2]);
    const holders = await database.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
    expect(holders).toHaveLength(1);
    await idle.stop();
    await stalled.end().catch(() => undefined);
  });

  it('loses nothing and keeps the order while NATS is away', async () => {
    relay();
    await push('a', 0);
    await eventually(async () => (await waiting()) === 0);
    await nats.down();
    for (let i = 1; i <= 5; i++) await push('a', i);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await waiting()).toBe(5);
    await nats.up();
    await eventually(async () => (await waiting()) === 0, 25_000);
    expect(await sizesOf('a')).toEqual([0, 1, 2, 3, 4, 5]);
  }, 40_000);

  it('does not publish twice when the acknowledgement was lost', async () => {
    relay();
    await push('a', 0);
    await eventually(async () => (await waiting()) === 0);
    nats.cutAfter(`events.${accountId}`);
    await push('a', 1);
    await eventually(async () => (await waiting()) === 0, 25_000);
    expect(await sizesOf('a')).toEqual([0, 1]);
  }, 40_000);

  it('goes on after Postgres has ended its connections', async () => {
    relay();
    await push('a', 0);
    await eventually(async () => (await waiting()) === 0);
    await database
      .query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      )
      .catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await push('a', 1);
    await eventually(async () => (await waiting()) === 0);
    expect(await sizesOf('a')).toEqual([0, 1]);
  });
});
