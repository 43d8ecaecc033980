import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ImagePushedFact, imagePushed } from '@entrepot/contracts';
import type { FactEvent } from '@entrepot/platform-messaging';
import { Database, DatabaseBusy, silentLogger } from '@entrepot/platform-persistence';
import { testDatabase, type TestDatabase } from '@entrepot/testing';
import { scannerSchema } from '../scanner-schema.js';
import { FactsHandler } from './facts.handler.js';
import { ScanStore } from './scan.store.js';

const [ENDING, OTHER] = ['registry-that-ends', 'another-registry'] as const;
/** Far longer than a spec may take: who waits for what a connection may wait for is never done. */
const FOR_EVER_MS = 600_000;

let scratch: TestDatabase;
let database: Database;
let store: ScanStore;
let sequence = 0;

beforeAll(async () => {
  scratch = await testDatabase();
  const patient = { lockTimeoutMs: FOR_EVER_MS, statementTimeoutMs: FOR_EVER_MS };
  database = await Database.open({ ...scannerSchema, ...patient, url: scratch.url, logger: silentLogger });
  await database.migrate();
  store = new ScanStore(database);
});
beforeEach(() => database.query('TRUNCATE scan, ended'));
afterAll(async () => {
  await database?.close();
  await scratch?.drop();
});

const pushOf = (registryId: string): FactEvent<ImagePushedFact> => ({
  id: `fact-${sequence}`,
  type: 'image.pushed.v1',
  owner: 'catalog',
  accountId: 'account',
  registryId,
  actor: 'EKSPEC',
  subject: null,
  time: new Date(),
  sequence: String(++sequence).padStart(19, '0'),
  orderingKey: 'image-1',
  traceparent: null,
  data: { ...imagePushed.example, registryId },
});
const scansOf = async (registryId: string) =>
  (await store.list({ accountId: 'account', registryId, limit: 10 })).length;

/** Runs `work` while a registry's end is under way and can't get on, as when it has very many scans. */
async function whileItEnds(work: () => Promise<void>): Promise<void> {
  await new FactsHandler(store).pushed(pushOf(ENDING));
  let ending: Promise<void> | undefined;
  await database.inTransaction(async (tx) => {
    await tx.query('SELECT FROM scan WHERE registry_id = $1 FOR UPDATE', [ENDING]);
    ending = store.ended({ registryId: ENDING, sequence: null, at: new Date() });
    await someoneWaits();
    await work();
  });
  await ending;
}

/** Resolves when a statement waits for a lock. */
async function someoneWaits(): Promise<void> {
  const text = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await database.query(text)).length === 0);
}

describe('a push, while another registry is being ended for long,', () => {
  it('is recorded at once although it came together with one of that registry, which is to come again', async () => {
    const handler = new FactsHandler(store);
    await whileItEnds(async () => {
      const [ofEnding, ofOther] = [handler.pushed(pushOf(ENDING)), handler.pushed(pushOf(OTHER))];
      await Promise.all([expect(ofEnding).rejects.toHaveProperty('error.thrown', expect.any(DatabaseBusy)), ofOther]);
      expect(await scansOf(OTHER)).toBe(1);
    });
    await handler.pushed(pushOf(ENDING));
    expect(await scansOf(ENDING)).toBe(0);
  });

  it('is recorded at once although one of that registry came before it', async () => {
    const handler = new FactsHandler(store);
    await whileItEnds(async () => {
      const ofEnding = handler.pushed(pushOf(ENDING));
      ofEnding.catch(() => undefined);
      // By then the first is under way alone.
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      await handler.pushed(pushOf(OTHER));
      expect(await scansOf(OTHER)).toBe(1);
      await expect(ofEnding).rejects.toHaveProperty('error.thrown', expect.any(DatabaseBusy));
    });
  });

  it('is not held up by the store when it is in one batch with it', async () => {
    const rowOf = ({ accountId, data, time, sequence: at }: FactEvent<ImagePushedFact>) => ({
      ...data,
      accountId,
      pushedAt: time,
      sequence: at,
    });
    await whileItEnds(async () => {
      const both = [rowOf(pushOf(ENDING)), rowOf(pushOf(OTHER))];
      await expect(store.pushed(both)).rejects.toBeInstanceOf(DatabaseBusy);
      await store.pushed(both.slice(1));
      expect(await scansOf(OTHER)).toBe(1);
    });
  });
});
