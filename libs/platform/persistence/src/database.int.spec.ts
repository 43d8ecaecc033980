import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Column, Entity, type MigrationInterface, PrimaryColumn, type QueryRunner } from 'typeorm';
import { CutProxy, testDatabase, type TestDatabase } from '@entrepot/testing';
import { changesOneOf } from './changed-tables.js';
import type { ChangeWatch } from './change-watch.js';
import { Database } from './database.js';
import { CommitOutcomeUnknown, DatabaseBusy, DatabaseUnavailable } from './database-errors.js';
import type { DatabaseOptions } from './database-options.js';
import { silentLogger } from './platform-logger.js';
import type { Transaction } from './transaction.js';

@Entity('note')
class NoteEntity {
  @PrimaryColumn('text') id!: string;
  @Column('integer') count!: number;
}

class CreateNote1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE note (id text PRIMARY KEY, count integer NOT NULL)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE note');
  }
}

let scratch: TestDatabase;
let proxy: CutProxy;
let db: Database;

const options = (more: Partial<DatabaseOptions> = {}): DatabaseOptions => ({
  url: scratch.url,
  schema: 'notes',
  entities: [NoteEntity],
  migrations: [CreateNote1700000000000],
  poolSize: 8,
  logger: silentLogger,
  ...more,
});

const put = (id: string, count = 0): Promise<unknown> =>
  db.query('INSERT INTO note VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET count = $2', [id, count]);
const countOf = async (id: string): Promise<number | undefined> =>
  (await db.ask<{ count: number }>({ name: 'count', text: 'SELECT count FROM note WHERE id = $1', values: [id] }))[0]
    ?.count;

beforeAll(async () => {
  scratch = await testDatabase();
  proxy = new CutProxy(scratch.server);
  await proxy.up();
  db = await Database.open(options({ url: scratch.urlAt(proxy.port) }));
  await db.migrate();
});

afterAll(async () => {
  await db?.close();
  await proxy?.down();
  await scratch?.drop();
});

describe('Database.migrate', () => {
  it('runs each migration once when several replicas start at once, with its table in the own schema', async () => {
    const replicas = await Promise.all(
      [1, 2, 3].map(() => Database.open(options({ schema: 'together', poolSize: 2 }))),
    );
    const ran = await Promise.all(replicas.map((replica) => replica.migrate()));
    expect(ran.flat()).toEqual(['CreateNote1700000000000']);
    const tables = await db.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'together' ORDER BY 1`,
    );
    expect(tables.map((t) => t.name)).toEqual(['migrations', 'note']);
    await Promise.all(replicas.map((replica) => replica.close()));
  });
});

describe('Database.inTransaction', () => {
  it('commits what query, ask and the entity manager wrote together', async () => {
    await db.inTransaction(async (tx) => {
      await tx.query('INSERT INTO note VALUES ($1, 1)', ['together']);
      await tx.manager.update(NoteEntity, { id: 'together' }, { count: 2 });
      await tx.ask({ name: 'bump', text: 'UPDATE note SET count = count + 1 WHERE id = $1', values: ['together'] });
    });
    expect(await db.repository(NoteEntity).findOneBy({ id: 'together' })).toEqual({ id: 'together', count: 3 });
  });

  it('rolls all of it back when the function throws, and throws the same error', async () => {
    const error = new Error('no');
    const work = db.inTransaction(async (tx) => {
      await tx.manager.insert(NoteEntity, { id: 'rolled-back', count: 1 });
      throw error;
    });
    await expect(work).rejects.toBe(error);
    expect(await countOf('rolled-back')).toBeUndefined();
  });

  it('nests the entity manager’s own transactions as savepoints', async () => {
    await db.inTransaction(async (tx) => {
      await tx.manager.insert(NoteEntity, { id: 'outer', count: 1 });
      const inner = tx.manager.transaction(async (manager) => {
        await manager.insert(NoteEntity, { id: 'inner', count: 1 });
        throw new Error('only the inner');
      });
      await expect(inner).rejects.toThrow('only the inner');
    });
    expect([await countOf('outer'), await countOf('inner')]).toEqual([1, undefined]);
  });

  it('does not pretend to have committed when an error was swallowed inside', async () => {
    const work = db.inTransaction(async (tx) => {
      await tx.query('SELECT 1/0').catch(() => undefined);
    });
    await expect(work).rejects.toThrow('swallowed');
  });

  it('runs afterCommit callbacks after a commit only', async () => {
    const seen: (number | undefined)[] = [];
    await db.inTransaction(async (tx) => {
      tx.afterCommit(() => seen.push(1));
      expect(seen).toEqual([]);
    });
    await db
      .inTransaction(async (tx) => {
        tx.afterCommit(() => seen.push(2));
        throw new Error('no');
      })
      .catch(() => undefined);
    expect(seen).toEqual([1]);
  });

  it('does not let an entity manager outlive its transaction', async () => {
    const manager = await db.inTransaction(async (tx) => tx.manager);
    await expect(manager.insert(NoteEntity, { id: 'late', count: 1 })).rejects.toThrow(/released/);
  });

  it('runs again after serialization failures, so that no increment is lost', async () => {
    await put('serial');
    const increment = (): Promise<void> =>
      db.inTransaction(
        async (tx) => {
          const [row] = await tx.query<{ count: number }>(`SELECT count FROM note WHERE id = 'serial'`);
          await tx.query(`UPDATE note SET count = $1 WHERE id = 'serial'`, [row!.count + 1]);
        },
        { isolation: 'serializable', retries: 50 },
      );
    await Promise.all(Array.from({ length: 6 }, increment));
    expect(await countOf('serial')).toBe(6);
  });

  it('runs again after a deadlock seen through the entity manager', async () => {
    await put('left');
    await put('right');
    let met = 0;
    let meet = (): void => undefined;
    const both = new Promise<void>((resolve) => (meet = resolve));
    const arrive = (): void => void (++met === 2 && meet());
    const touch = (first: string, second: string): Promise<void> =>
      db.inTransaction(async (tx) => {
        await tx.manager.increment(NoteEntity, { id: first }, 'count', 1);
        arrive();
        await both;
        await tx.manager.increment(NoteEntity, { id: second }, 'count', 1);
      });
    await Promise.all([touch('left', 'right'), touch('right', 'left')]);
    expect([await countOf('left'), await countOf('right')]).toEqual([2, 2]);
  });

  it('gives up as busy after its bounded tries', async () => {
    let tries = 0;
    const work = db.inTransaction(async (tx) => {
      tries += 1;
      await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$`);
    });
    await expect(work).rejects.toBeInstanceOf(DatabaseBusy);
    expect(tries).toBe(4);
  });

  it('says that nobody knows when the connection breaks during COMMIT', async () => {
    proxy.cutAfter('COMMIT');
    const work = db.inTransaction((tx) => tx.query(`INSERT INTO note VALUES ('unknown', 1)`));
    await expect(work).rejects.toBeInstanceOf(CommitOutcomeUnknown);
    await db.ping();
  });

  it('says unavailable, not unknown, when the connection breaks before COMMIT', async () => {
    proxy.cutAfter('pg_sleep');
    const error: unknown = await db.inTransaction((tx) => tx.query('SELECT pg_sleep(0.01)')).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect(error).not.toBeInstanceOf(CommitOutcomeUnknown);
  });
});

describe('Transaction.write', () => {
  const insert = (id: string) => ({ name: 'note-insert', text: 'INSERT INTO note VALUES ($1, 1)', values: [id] });
  const found = { name: 'found', text: 'SELECT id FROM note WHERE id = $1', values: ['w1'] };

  it('is seen by the statements behind it, and committed with them', async () => {
    const seen = await db.inTransaction(async (tx) => {
      tx.write(insert('w1'));
      tx.write(insert('w2'));
      return tx.ask(found);
    });
    expect(seen).toEqual([{ id: 'w1' }]);
    expect([await countOf('w1'), await countOf('w2')]).toEqual([1, 1]);
  });

  it('that fails last takes the transaction with it, and its error is what is thrown', async () => {
    await put('taken');
    const work = db.inTransaction(async (tx) => {
      tx.write(insert('w3'));
      tx.write(insert('taken'));
      tx.write(insert('w4'));
    });
    await expect(work).rejects.toMatchObject({ code: '23505' });
    expect([await countOf('w3'), await countOf('w4')]).toEqual([undefined, undefined]);
  });

  it('that fails is the reason told, not that the statement behind it was refused', async () => {
    const work = db.inTransaction(async (tx) => {
      tx.write(insert('taken'));
      await tx.ask(found);
    });
    await expect(work).rejects.toMatchObject({ code: '23505' });
    await db.ping();
  });

  it('that meets a conflict makes the transaction run again', async () => {
    let tries = 0;
    const raise = `DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$`;
    await db.inTransaction(async (tx) => {
      tries += 1;
      if (tries === 1) tx.write({ name: 'raise', text: raise, values: [] });
      tx.write(insert('again'));
    });
    expect([tries, await countOf('again')]).toEqual([2, 1]);
  });

  it.each([
    ['has a value that can’t be sent', { ...insert('w7'), values: [{ a: 1n }] }],
    ['has the name of another', { ...insert('w7'), name: 'found' }],
  ])('that the driver refuses because it %s is not taken for done', async (why, refused) => {
    const work = db.inTransaction(async (tx) => {
      await tx.ask(found);
      tx.write(insert('w8'));
      tx.write(refused);
    });
    await expect(work).rejects.toThrow(/BigInt|unique/);
    expect(await countOf('w8')).toBeUndefined();
    await db.inTransaction(async (tx) => tx.write(insert(why)));
    expect(await countOf(why)).toBe(1);
  });

  it('that was refused behind a failure which a savepoint undid is not taken for done', async () => {
    const work = db.inTransaction(async (tx) => {
      await tx.query('SAVEPOINT before');
      const failing = tx.query('SELECT 1/0');
      tx.write(insert('w10'));
      await failing.catch(() => undefined);
      await tx.query('ROLLBACK TO SAVEPOINT before');
    });
    await expect(work).rejects.toMatchObject({ code: '25P02' });
    expect(await countOf('w10')).toBeUndefined();
  });

  it('leaves no connection behind on which the driver refused an ask', async () => {
    const unsendable = db.inTransaction((tx) => tx.ask({ ...found, values: [{ a: 1n }] }));
    await expect(unsendable).rejects.toThrow('BigInt');
    // The driver would take the statement for prepared, and Postgres has forgotten it.
    const asked = Array.from({ length: 16 }, () => db.inTransaction((tx) => tx.ask(found)));
    await expect(Promise.all(asked)).resolves.toHaveLength(16);
  });

  it('is not blamed for what an ask before it met', async () => {
    let tries = 0;
    await db.inTransaction(async (tx) => {
      tries += 1;
      if (tries > 1) return;
      const raised = tx.query(`DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$`);
      tx.write(insert('behind'));
      await raised;
    });
    expect([tries, await countOf('behind')]).toEqual([2, undefined]);
  });

  it('rolls back with a function that throws behind it', async () => {
    const work = db.inTransaction(async (tx) => {
      tx.write(insert('w5'));
      throw new RangeError('no');
    });
    await expect(work).rejects.toBeInstanceOf(RangeError);
    expect(await countOf('w5')).toBeUndefined();
  });

  it('leaves nobody knowing when the connection breaks before the answer to COMMIT', async () => {
    proxy.cutAfter('COMMIT');
    const work = db.inTransaction(async (tx) => tx.write(insert('w6')));
    await expect(work).rejects.toBeInstanceOf(CommitOutcomeUnknown);
    await db.ping();
  });
});

describe('limits', () => {
  it('cancels a statement that runs too long and one that waits too long for a lock', async () => {
    const hasty = await Database.open(options({ poolSize: 3, statementTimeoutMs: 400, lockTimeoutMs: 100 }));
    await expect(hasty.query('SELECT pg_sleep(5)')).rejects.toBeInstanceOf(DatabaseBusy);
    await put('locked');
    await db.inTransaction(async (tx) => {
      await tx.query(`SELECT 1 FROM note WHERE id = 'locked' FOR UPDATE`);
      const waiting = hasty.repository(NoteEntity).update({ id: 'locked' }, { count: 9 });
      await expect(waiting).rejects.toBeInstanceOf(DatabaseBusy);
    });
    await hasty.close();
  });
});

describe('Database.watchChanges', () => {
  const seen: string[] = [];
  const watch: ChangeWatch = {
    concerns: changesOneOf(new Set(['note'])),
    begin: async (within) => {
      seen.push(`begins ${within}`);
      return (outcome) => void seen.push(outcome);
    },
  };
  let own: CutProxy;
  let watching: Database;
  beforeAll(async () => {
    own = new CutProxy(scratch.server);
    await own.up();
    watching = await Database.open(options({ url: scratch.urlAt(own.port), poolSize: 2 }));
    watching.watchChanges(watch);
  });
  beforeEach(() => void seen.splice(0));
  afterAll(async () => {
    await watching?.close();
    await own?.down();
  });

  const INSERT = { name: 'watched-insert', text: 'INSERT INTO note VALUES ($1, 1)' };

  it('tells of single statements that change a watched table, and of no others', async () => {
    await watching.query('SELECT count(*) FROM note');
    await watching.ask({ ...INSERT, values: ['single'], untold: true });
    expect(seen).toEqual([]);
    await watching.query(`UPDATE note SET count = 2 WHERE id = 'single'`);
    await expect(watching.ask({ ...INSERT, values: ['single'] })).rejects.toThrow('duplicate');
    expect(seen).toEqual(['begins undefined', 'made', 'begins undefined', 'not made']);
  });

  it.each([
    ['query', (tx: Transaction) => tx.query(INSERT.text, ['by-query'])],
    ['ask', (tx: Transaction) => tx.ask({ ...INSERT, values: ['by-ask'] })],
    ['write', async (tx: Transaction) => tx.write({ ...INSERT, values: ['by-write'] })],
    ['the entity manager', (tx: Transaction) => tx.manager.insert(NoteEntity, { id: 'by-manager', count: 1 })],
  ])('tells of a transaction that changes it by %s when it commits, not before', async (_, change) => {
    await watching.inTransaction(async (tx) => {
      await change(tx);
      await tx.written();
      expect(seen).toEqual([]);
    });
    expect(seen).toEqual(['begins undefined', 'made']);
  });

  it('tells within what, unless anything may have changed, and nothing of what was rolled back', async () => {
    const change = (tx: Transaction) => tx.query('UPDATE note SET count = count + 1');
    await watching.inTransaction(async (tx) => {
      tx.changesOnly('a');
      await change(tx);
    });
    await watching.inTransaction(async (tx) => {
      tx.changesAnything();
      tx.changesOnly('a');
      await change(tx);
    });
    await watching.inTransaction((tx) => tx.query('SELECT 1 FROM note FOR UPDATE'));
    const failed = watching.inTransaction(async (tx) => {
      await change(tx);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(seen).toEqual(['begins a', 'made', 'begins undefined', 'made']);
  });

  it('does not make a change that the watcher refuses', async () => {
    const refusing = await Database.open(options({ poolSize: 1 }));
    refusing.watchChanges({ ...watch, begin: () => Promise.reject(new DatabaseUnavailable('not now')) });
    await expect(refusing.ask({ ...INSERT, values: ['refused'] })).rejects.toThrow('not now');
    await expect(refusing.inTransaction((tx) => tx.query(INSERT.text, ['refused']))).rejects.toThrow('not now');
    expect(await countOf('refused')).toBeUndefined();
    await refusing.close();
  });

  it('says that it does not know when the connection breaks', async () => {
    const breaking = watching.query('INSERT INTO note SELECT $1, 1 FROM pg_sleep(2)', ['who-knows']);
    const failure = expect(breaking).rejects.toBeInstanceOf(DatabaseUnavailable);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await own.down();
    await failure;
    await own.up();
    expect(seen).toEqual(['begins undefined', 'unknown']);
  });
});

describe('when Postgres goes away', () => {
  it('survives the loss of idle connections', async () => {
    await Promise.all(Array.from({ length: 8 }, () => db.query('SELECT pg_sleep(0.02)')));
    await expect(
      db.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      ),
    ).resolves.toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await Promise.all(Array.from({ length: 8 }, () => db.ping()));
  });

  it('tells of a lost connection without the number that could cancel its statements', async () => {
    const warned: object[] = [];
    const logger = { ...silentLogger, warn: (fields: object) => void warned.push(fields) };
    const told = await Database.open(options({ poolSize: 1, logger }));
    const [own] = await told.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await db.query('SELECT pg_terminate_backend($1)', [own!.pid]);
    for (let look = 0; warned.length === 0 && look < 500; look++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(warned).toEqual([{ err: expect.any(Error), schema: 'notes' }]);
    expect((warned[0] as { err: object }).err).not.toHaveProperty('client');
    await told.close();
  });

  it('answers unavailable at once, and works again by itself when it is back', async () => {
    const inFlight = db.query('SELECT pg_sleep(5)').catch((e: unknown) => e);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await proxy.down();
    expect(await inFlight).toBeInstanceOf(DatabaseUnavailable);
    await expect(db.ping()).rejects.toBeInstanceOf(DatabaseUnavailable);
    await expect(db.repository(NoteEntity).find()).rejects.toBeInstanceOf(DatabaseUnavailable);
    await expect(db.inTransaction((tx) => tx.query('SELECT 1'))).rejects.toBeInstanceOf(DatabaseUnavailable);
    // The other idle connections hear of their end in the same turn of the event loop; who asks within it may still be lent one of them.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await proxy.up();
    await db.ping();
    expect(await db.repository(NoteEntity).countBy({ id: 'together' })).toBe(1);
  });

  it('waits at start for a server that is not up yet, and no longer than it may', async () => {
    const late = new CutProxy(scratch.server);
    await late.up();
    await late.down();
    const url = scratch.urlAt(late.port);
    await expect(Database.open(options({ url, connectWithinMs: 50 }))).rejects.toBeInstanceOf(DatabaseUnavailable);
    const opening = Database.open(options({ url, poolSize: 1 }));
    await late.up();
    await (await opening).close();
    await late.down();
  });
});
