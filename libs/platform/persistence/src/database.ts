import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { DataSource, EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import { buildDataSource, connectionSettings } from './data-source.factory.js';
import { type ChangeWatch, watched } from './change-watch.js';
import { DatabaseUnavailable, isConflict, mayHaveRun, translateDatabaseError } from './database-errors.js';
import type { DatabaseOptions } from './database-options.js';
import { runMigrations } from './migrate.js';
import { OutboxSignal } from './outbox-signal.js';
import { type Isolation, runTransaction } from './run-transaction.js';
import { type NamedStatement, Transaction } from './transaction.js';

/** Conflicts wait about this long before the next try, growing and jittered, so that two rivals don't meet again. */
const CONFLICT_BACKOFF_MS = 20;

/**
 * A service's own schema: TypeORM for the control plane, the same connections directly for hot statements. It survives restarts of
 * Postgres by itself; whatever fails for that reason throws `DatabaseUnavailable`.
 */
export class Database {
  readonly #pool: pg.Pool;
  readonly #signal: OutboxSignal;
  #closing: Promise<void> | undefined;
  #watch: ChangeWatch | undefined;

  private constructor(
    private readonly options: DatabaseOptions,
    private readonly dataSource: DataSource,
  ) {
    this.#pool = (dataSource.driver as unknown as { master: pg.Pool }).master;
    this.#signal = new OutboxSignal(this.#pool, options.schema);
  }

  /** Connects; waits up to `connectWithinMs` for a server that is not up yet, then throws `DatabaseUnavailable`. */
  static async open(options: DatabaseOptions): Promise<Database> {
    const deadline = Date.now() + (options.connectWithinMs ?? 30_000);
    for (;;) {
      const dataSource = buildDataSource(options);
      try {
        return new Database(options, await dataSource.initialize());
      } catch (error) {
        const translated = translateDatabaseError(error);
        if (!(translated instanceof DatabaseUnavailable) || Date.now() >= deadline) throw translated;
        options.logger.warn({ err: error, schema: options.schema }, 'waiting for the database');
        await sleep(Math.min(500, Math.max(1, deadline - Date.now())));
      }
    }
  }

  get schema(): string {
    return this.options.schema;
  }

  /** Creates the schema and runs missing migrations; safe when several replicas start at once. Resolves to the names that ran here. */
  async migrate(): Promise<string[]> {
    return translated(runMigrations(this.options));
  }

  repository<E extends ObjectLiteral>(entity: EntityTarget<E>): Repository<E> {
    return this.dataSource.getRepository(entity);
  }

  /** Has all changes told to somebody who remembers rows, those that a repository of TypeORM makes outside `inTransaction` excepted. */
  watchChanges(watch: ChangeWatch): void {
    this.#watch = watch;
  }

  /** Rows of one statement in its own transaction. bigint and numeric columns arrive as strings. */
  async query<T>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await translated(this.#told({ text }, () => this.#pool.query(text, values)))).rows as T[];
  }

  /** Rows of a prepared statement: the hot path. */
  async ask<T>(statement: NamedStatement): Promise<T[]> {
    return (await translated(this.#told(statement, () => this.#pool.query(statement)))).rows as T[];
  }

  #told<R>({ text, untold }: Pick<NamedStatement, 'text' | 'untold'>, change: () => Promise<R>): Promise<R> {
    return !untold && this.#watch?.concerns(text)
      ? watched(this.#watch, { within: undefined, mayHold: mayHaveRun }, change)
      : change();
  }

  /**
   * Runs `work` in a transaction: commits when it resolves, rolls back when it throws. After a serialization failure or a deadlock it runs
   * again, at most `retries` (3) times, so `work` must have no other effects than its rows. Throws what `work` threw, `DatabaseBusy` when the
   * tries are used up, `CommitOutcomeUnknown` when nobody can tell, `DatabaseUnavailable` when nothing was committed.
   */
  async inTransaction<T>(
    work: (tx: Transaction) => Promise<T>,
    { retries = 3, isolation = 'read committed' }: { retries?: number; isolation?: Isolation } = {},
  ): Promise<T> {
    const open = (client: pg.PoolClient): Transaction =>
      new Transaction(client, this.dataSource, this.options.schema, this.#signal.send, this.#watch);
    for (let attempt = 0; ; attempt++) {
      try {
        return await runTransaction(this.#pool, isolation, open, work);
      } catch (error) {
        if (!isConflict(error) || attempt >= retries) throw translateDatabaseError(error);
        await sleep(CONFLICT_BACKOFF_MS * 2 ** attempt * (0.5 + Math.random()));
      }
    }
  }

  /** A connection of its own, outside the pool, for session locks and LISTEN. The caller ends it and listens to its `error`. */
  async dedicatedConnection(): Promise<pg.Client> {
    const client = new pg.Client(connectionSettings(this.options));
    // Between connecting and the caller's own listener an error must not end the process.
    client.on('error', () => undefined);
    await translated(client.connect());
    return client;
  }

  /** Resolves when Postgres answers; throws `DatabaseUnavailable`. For readiness. */
  async ping(): Promise<void> {
    await this.query('SELECT 1');
  }

  /** Waits for what is under way, then ends the connections. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#signal.idle().then(() => this.dataSource.destroy());
    return this.#closing;
  }
}

async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw translateDatabaseError(error);
  }
}
