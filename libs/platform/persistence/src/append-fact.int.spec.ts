import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ContractViolation, imagePushed } from '@entrepot/contracts';
import { testDatabase, type TestDatabase } from '@entrepot/testing';
import { appendFact, type FactContext } from './append-fact.js';
import { Database } from './database.js';
import { claimEvent, forgetEvents, handleOnce } from './inbox.js';
import { inboxMigration } from './inbox.migration.js';
import { outboxMigration } from './outbox.migration.js';
import { OUTBOX_CHANNEL } from './outbox-signal.js';
import { silentLogger } from './platform-logger.js';
import { uuidV7 } from './uuid-v7.js';

let scratch: TestDatabase;
let db: Database;
const now = new Date('2026-11-21T12:00:00.123Z');
const context: FactContext = { accountId: 'a1', registryId: 'r1', orderingKey: 'image-1', actor: 'key-1', now };

beforeAll(async () => {
  scratch = await testDatabase();
  const migrations = [outboxMigration('catalog'), inboxMigration('catalog')];
  db = await Database.open({ url: scratch.url, schema: 'catalog', entities: [], migrations, logger: silentLogger });
  await db.migrate();
});

afterAll(async () => {
  await db?.close();
  await scratch?.drop();
});

const rows = (): Promise<Record<string, unknown>[]> => db.query('SELECT * FROM outbox ORDER BY position');

describe('appendFact', () => {
  it('writes the fact with the change, and wakes the relay after the commit', async () => {
    const listener = await db.dedicatedConnection();
    const woken = new Promise<string | undefined>((resolve) => listener.on('notification', (n) => resolve(n.payload)));
    await listener.query(`LISTEN ${OUTBOX_CHANNEL}`);
    const id = await db.inTransaction(async (tx) =>
      appendFact(tx, imagePushed, { ...context, subject: 'apps/hello' }, imagePushed.example),
    );
    expect(await woken).toBe('catalog');
    await listener.end();
    expect(await rows()).toMatchObject([
      {
        event_id: id,
        account_id: 'a1',
        registry_id: 'r1',
        ordering_key: 'image-1',
        type: 'image.pushed',
        major: 1,
        owner: 'catalog',
        bus_subject: 'events.a1.r1.image.pushed.v1',
        subject: 'apps/hello',
        data: imagePushed.example,
        actor: 'key-1',
        occurred_at: now,
        traceparent: null,
      },
    ]);
  });

  it('leaves nothing when the transaction rolls back', async () => {
    const before = await rows();
    const work = db.inTransaction(async (tx) => {
      appendFact(tx, imagePushed, context, imagePushed.example);
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(await rows()).toEqual(before);
  });

  it('refuses data that is not the fact’s, and with it the change', async () => {
    const work = db.inTransaction(async (tx) =>
      appendFact(tx, imagePushed, context, { ...imagePushed.example, size: -1 }),
    );
    await expect(work).rejects.toBeInstanceOf(ContractViolation);
  });

  it.each(['a.b', 'a b', '*', '>', ''])(
    'refuses the account id %p, which would change the subject',
    async (accountId) => {
      const work = db.inTransaction(async (tx) =>
        appendFact(tx, imagePushed, { ...context, accountId }, imagePushed.example),
      );
      await expect(work).rejects.toBeInstanceOf(RangeError);
    },
  );
});

describe('the inbox', () => {
  it('lets an effect happen once per consumer, however often the event comes', async () => {
    const id = uuidV7(now);
    let effects = 0;
    const effect = async (): Promise<void> => void (effects += 1);
    const results = await Promise.all([1, 2, 3].map(() => handleOnce(db, 'scanner', id, effect)));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(effects).toBe(1);
    expect(await handleOnce(db, 'metrics', id, effect)).toBe(true);
  });

  it('does not keep the id when the effect fails', async () => {
    const id = uuidV7(now);
    const failing = handleOnce(db, 'scanner', id, async () => {
      throw new Error('later');
    });
    await expect(failing).rejects.toThrow('later');
    expect(await db.inTransaction((tx) => claimEvent(tx, 'scanner', id))).toBe(true);
  });

  it('forgets what is older than it is told', async () => {
    await db.query(`INSERT INTO inbox VALUES ('old', $1, now() - interval '30 days')`, [uuidV7(now)]);
    expect(await forgetEvents(db, new Date(Date.now() - 86_400_000))).toBe(1);
  });
});
