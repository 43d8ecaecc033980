import type pg from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { type ChangeWatch, watched } from './change-watch.js';
import { CommitOutcomeUnknown, sqlState } from './database-errors.js';

/** `in_failed_sql_transaction` */
const IN_FAILED_TRANSACTION = '25P02';

/** A named statement: Postgres parses and plans it once per connection. One name always goes with one text. */
export interface NamedStatement {
  name: string;
  text: string;
  values: unknown[];
  /** It changes watched tables, but nothing that anybody remembers of them: no `ChangeWatch` is told. */
  untold?: true;
}

/** One open transaction. Valid only inside the function given to `Database.inTransaction`; all its doors lead to the same connection. */
export class Transaction {
  #runner: QueryRunner | undefined;
  readonly #afterCommit: (() => void)[] = [];
  #lastWrite: Promise<void> = Promise.resolve();
  #firstFailure: Error | undefined;
  #refusedBehind: Error | undefined;
  #driverRefused = false;
  #concerns = false;
  #within: string | undefined;
  #anything = false;

  constructor(
    private readonly client: pg.PoolClient,
    private readonly dataSource: DataSource,
    /** The service's schema, first on the search path. */
    readonly schema: string,
    private readonly signalOutbox: () => void,
    private readonly watch?: ChangeWatch,
  ) {}

  /** Rows of a statement. bigint and numeric columns arrive as strings, as node-postgres gives them. */
  query<T>(text: string, values: unknown[] = []): Promise<T[]> {
    this.#note({ text });
    return this.#rowsOf<T>(this.client.query(text, values));
  }

  /** Rows of a prepared statement. */
  ask<T>(statement: NamedStatement): Promise<T[]> {
    this.#note(statement);
    return this.#rowsOf<T>(this.client.query(statement));
  }

  async #rowsOf<T>(result: Promise<pg.QueryResult>): Promise<T[]> {
    try {
      return (await result).rows as T[];
    } catch (error) {
      this.#noteRefusal(error);
      throw error;
    }
  }

  /**
   * Sends a prepared statement whose rows nobody reads, and doesn't wait for it: what follows is sent right behind it, COMMIT too. For rows that
   * the transaction makes or has locked: a statement that waits for somebody else's lock could commit after its asker has given up. If it
   * fails the transaction fails with its error. Who writes hundreds waits for {@link written} now and then.
   */
  write(statement: NamedStatement): void {
    this.#note(statement);
    this.#sendTogether();
    this.#lastWrite = new Promise((resolve) => {
      this.client.query(statement, (error: Error | null) => {
        if (error) this.#fail(error);
        resolve();
      });
    });
  }

  /** Resolves when all that was written so far is done, or has failed. */
  written(): Promise<void> {
    return this.#lastWrite;
  }

  /** Statements of one moment leave as one piece: each would wake Postgres for itself. COMMIT, which waits a tick, is to be the last of them. */
  #sendTogether(): void {
    const { stream } = this.client.connection;
    stream.cork();
    process.nextTick(() => queueMicrotask(() => process.nextTick(() => stream.uncork())));
  }

  /** What Postgres says behind a failure is no cause. */
  #fail(error: Error): void {
    this.#noteRefusal(error);
    if (sqlState(error) === IN_FAILED_TRANSACTION) this.#refusedBehind ??= error;
    else this.#firstFailure ??= error;
  }

  #noteRefusal(error: unknown): void {
    this.#driverRefused ||= sqlState(error) === undefined;
  }

  /** TypeORM's view of this transaction. Its own `transaction()` makes a savepoint. */
  get manager(): EntityManager {
    this.#concerns = this.watch !== undefined;
    this.#runner ??= Object.assign(this.dataSource.createQueryRunner('master'), {
      // A runner that already has its connection and its BEGIN: TypeORM has no public way to adopt them.
      databaseConnection: this.client,
      isTransactionActive: true,
      transactionDepth: 1,
    });
    return this.#runner.manager;
  }

  /** Runs after a successful COMMIT, never after a rollback or an unknown outcome. It must not throw; what must not be lost is a row. */
  afterCommit(callback: () => void): void {
    this.#afterCommit.push(callback);
  }

  /**
   * For those who change much and often: what `within` names, in the words of the schema's `ChangeWatch`, is all that can look different once this
   * transaction holds. Without it, all that is remembered of the schema is forgotten.
   */
  changesOnly(within: string): void {
    this.#within = within;
  }

  /** Takes back {@link changesOnly}, whoever says it. */
  changesAnything(): void {
    this.#anything = true;
  }

  /** For `Database`: runs COMMIT, and tells the watcher before and after when this transaction concerns it. */
  watched<T>(commit: () => Promise<T>): Promise<T> {
    if (!this.watch || !this.#concerns) return commit();
    const within = this.#anything ? undefined : this.#within;
    return watched(this.watch, { within, mayHold: (error) => error instanceof CommitOutcomeUnknown }, commit);
  }

  #note({ text, untold }: Pick<NamedStatement, 'text' | 'untold'>): void {
    if (!this.#concerns && !untold && this.watch?.concerns(text)) this.#concerns = true;
  }

  /** For `appendFact`: wakes the outbox's relay once this transaction holds. */
  wakesOutbox(): void {
    if (!this.#afterCommit.includes(this.signalOutbox)) this.#afterCommit.push(this.signalOutbox);
  }

  /**
   * For `Database`, before COMMIT: throws what the driver itself has refused to send, which Postgres never hears of, and what was refused behind
   * a failure that a savepoint has undone since. In both cases it would commit the rest.
   */
  async requireSent(): Promise<void> {
    // The driver tells some refusals in the next tick.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const failure = this.#firstFailure ?? this.#refusedBehind;
    if (failure) throw failure;
  }

  /** For `Database`: why the transaction failed that ended with `error`. After a failed write, all that Postgres says is that it had failed. */
  async causeOf(error: unknown): Promise<unknown> {
    await this.#lastWrite;
    return this.#firstFailure ?? error;
  }

  /** For `Database`: whether the driver refused a statement. What it remembers of prepared ones may then be wrong. */
  get refusedByDriver(): boolean {
    return this.#driverRefused;
  }

  /** For `Database`: closes TypeORM's door, so that a manager that escaped can't use a connection that is somebody else's by now. */
  end(): void {
    if (this.#runner) Object.assign(this.#runner, { isReleased: true });
  }

  /** For `Database`. */
  committed(): void {
    for (const callback of this.#afterCommit) callback();
  }
}
