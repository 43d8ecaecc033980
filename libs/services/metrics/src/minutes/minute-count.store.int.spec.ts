import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, silentLogger, uuidV7 } from '@entrepot/platform-persistence';
import { testDatabase, type TestDatabase } from '@entrepot/testing';
import { metricsSchema } from '../metrics-schema.js';
import { MinuteKeeper } from './minute-keeper.service.js';
import { type CountedFact, MinuteCountStore } from './minute-count.store.js';

const ACCOUNT = 'account-1';
const REGISTRY = '0193a0c2d4e87b0f9a1c3e5d7f90b2a4';
const NOON = new Date('2026-11-21T12:00:00Z');
const minute = (offset: number): Date => new Date(NOON.getTime() + offset * 60_000);

let scratch: TestDatabase;
let database: Database;
let store: MinuteCountStore;

const fact = (more: Partial<CountedFact> = {}): CountedFact => ({
  eventId: uuidV7(new Date()),
  accountId: ACCOUNT,
  registryId: REGISTRY,
  metric: 'image.pull.count',
  minute: NOON,
  count: 1,
  ...more,
});
const pulls = async (registryId = REGISTRY, accountId = ACCOUNT): Promise<[string, number][]> => {
  const range = { from: minute(-10_000), to: minute(10_000), metrics: ['image.pull.count', 'login.count'] as const };
  const rows = await store.read({ accountId, registryId, ...range });
  return rows.map((row) => [row.minute.toISOString().slice(11, 16), row.count]);
};

beforeAll(async () => {
  scratch = await testDatabase();
  database = await Database.open({ ...metricsSchema, url: scratch.url, logger: silentLogger });
  await database.migrate();
  store = new MinuteCountStore(database);
});

beforeEach(() => database.query('TRUNCATE minute_count, metric_total, inbox'));

afterAll(async () => {
  await database?.close();
  await scratch?.drop();
});

describe('MinuteCountStore.add', () => {
  it('adds up facts of one minute, in one statement and over several', async () => {
    await store.add([fact({ count: 3 }), fact({ count: 4 }), fact({ minute: minute(1) })]);
    await store.add([fact({ count: 5 })]);
    expect(await pulls()).toEqual([
      ['12:00', 12],
      ['12:01', 1],
    ]);
  });

  it('counts an event once, told twice together or apart', async () => {
    const twice = fact({ count: 3 });
    await store.add([twice, twice]);
    await store.add([fact(), twice]);
    expect(await pulls()).toEqual([['12:00', 4]]);
    expect((await store.totals(10)).map(({ count }) => count)).toEqual([4]);
  });

  it('counts an event once when replicas take it at the same time, in any order', async () => {
    const facts = Array.from({ length: 200 }, (_, i) => fact({ minute: minute(i % 7) }));
    const replicas = [facts, facts.toReversed(), facts.slice(50), facts.slice(0, 120)];
    await Promise.all(replicas.map((given) => store.add(given)));
    expect((await pulls()).reduce((sum, [, count]) => sum + count, 0)).toBe(200);
    expect((await store.totals(10)).map(({ count }) => count)).toEqual([200]);
  });

  it('takes a fact of an earlier minute after one of a later', async () => {
    await store.add([fact({ minute: minute(5) })]);
    await store.add([fact({ minute: minute(-5) })]);
    expect(await pulls()).toEqual([
      ['11:55', 1],
      ['12:05', 1],
    ]);
  });

  it('changes nothing when a fact can not be kept', async () => {
    await expect(store.add([fact(), fact({ eventId: 'no-uuid' })])).rejects.toThrow(/uuid/);
    expect(await pulls()).toEqual([]);
  });
});

describe('MinuteCountStore.read', () => {
  it('holds its first minute and not its last', async () => {
    await store.add([fact({ minute: minute(0) }), fact({ minute: minute(1) }), fact({ minute: minute(2) })]);
    const of = { accountId: ACCOUNT, registryId: REGISTRY, metrics: ['image.pull.count'] as const };
    const rows = await store.read({ ...of, from: minute(1), to: minute(2) });
    expect(rows.map((row) => row.minute)).toEqual([minute(1)]);
  });

  it('tells an account nothing of another, not even under the same registry', async () => {
    await store.add([fact()]);
    expect(await pulls(REGISTRY, 'account-2')).toEqual([]);
  });

  it("tells logins at the installation's own host with each registry of the account, and adds them to its own", async () => {
    await store.add([fact({ metric: 'login.count', registryId: '_' }), fact({ metric: 'login.count', count: 2 })]);
    expect(await pulls()).toEqual([['12:00', 3]]);
    expect(await pulls('another')).toEqual([['12:00', 1]]);
    expect(await pulls('another', 'account-2')).toEqual([]);
  });
});

describe('MinuteCountStore.totals', () => {
  it('shows the oldest registries one by one and adds up the rest', async () => {
    await store.add(['c', 'a', 'b', 'd'].map((registryId, i) => fact({ registryId, count: 10 ** i })));
    const totals = await store.totals(2);
    expect(totals.map(({ registryId, count }) => [registryId, count])).toEqual([
      ['a', 10],
      ['b', 100],
      ['other', 1_001],
    ]);
  });
});

describe('MinuteKeeper', () => {
  it('drops minutes that are too old, however many, and keeps totals and younger ones', async () => {
    await store.add([fact({ minute: minute(-61) }), fact({ minute: minute(-60), count: 2 }), fact({ count: 3 })]);
    await database.query(
      `INSERT INTO minute_count SELECT 'account-2', 'r', 'image.push.count', $1::timestamptz - n * interval '1 minute', 1
       FROM generate_series(61, 25060) AS n`,
      [NOON],
    );
    const keeper = new MinuteKeeper({
      store,
      database,
      logger: silentLogger as never,
      keepSeconds: 3_600,
      clock: () => NOON,
    });
    await keeper.tidy();
    expect(await pulls()).toEqual([
      ['11:00', 2],
      ['12:00', 3],
    ]);
    expect(await database.query('SELECT FROM minute_count')).toHaveLength(2);
    expect((await store.totals(10)).map(({ count }) => count)).toEqual([6]);
  });

  it('forgets events only when no duplicate can come any more', async () => {
    await store.add([fact(), fact()]);
    await database.query(
      `UPDATE inbox SET received_at = CASE WHEN event_id = (SELECT event_id FROM inbox ORDER BY event_id LIMIT 1)
      THEN $1::timestamptz - interval '15 days' ELSE $1::timestamptz - interval '13 days' END`,
      [NOON],
    );
    const keeper = new MinuteKeeper({
      store,
      database,
      logger: { info: () => undefined } as never,
      keepSeconds: 3_600,
      clock: () => NOON,
    });
    await keeper.tidy();
    expect(await database.query('SELECT FROM inbox')).toHaveLength(1);
  });
});
