import type pg from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';

/** A named statement: Postgres parses and plans it once per connection. One name always goes with one text. */
export interface NamedStatement {
  name: string;
  text: string;
  values: unknown[];
}

/** One open transaction. Valid only inside the function given to `Database.inTransaction`; all its doors lead to the same connection. */
export class Transaction {
  #runner: QueryRunner | undefined;
  readonly #afterCommit: (() => void)[] = [];
  #lastWrite: Promise<void> = Promise.resolve();
  #firstFailure: unknown;

  constructor(
    private readonly client: pg.PoolClient,
    private readonly dataSource: DataSource,
    /** The service's schema, first on the search path. */
    readonly schema: string,
    private readonly signalOutbox: () => void,
  ) {}

  /** Rows of a statement. bigint and numeric columns arrive as strings, as node-postgres gives them. */
  async query<T>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.client.query(text, values)).rows as T[];
  }

  /** Rows of a prepared statement. */
  async ask<T>(statement: NamedStatement): Promise<T[]> {
    return (await this.client.query(statement)).rows as T[];
  }

  /**
   * Sends a prepared statement whose rows nobody reads, and doesn't wait for it: what follows is sent right behind it, COMMIT too. For rows that
   * the transaction makes or has locked: a statement that waits for somebody else's lock could commit after its asker has given up. If it
   * fails the transaction fails with its error.
   */
  write(statement: NamedStatement): void {
    this.#sendTogether();
    this.#lastWrite = this.client.query(statement).then(
      () => undefined,
      (error: unknown) => void (this.#firstFailure ??= error),
    );
  }

  /** What is sent before the event loop turns leaves as one write: each would wake Postgres for itself. */
  #sendTogether(): void {
    const { stream } = this.client.connection;
    stream.cork();
    process.nextTick(() => stream.uncork());
  }

  /** TypeORM's view of this transaction. Its own `transaction()` makes a savepoint. */
  get manager(): EntityManager {
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

  /** For `appendFact`: wakes the outbox's relay once this transaction holds. */
  wakesOutbox(): void {
    if (!this.#afterCommit.includes(this.signalOutbox)) this.#afterCommit.push(this.signalOutbox);
  }

  /** For `Database`: why the transaction failed that ended with `error`. After a failed write, all that Postgres says is that it had failed. */
  async causeOf(error: unknown): Promise<unknown> {
    await this.#lastWrite;
    return this.#firstFailure ?? error;
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
