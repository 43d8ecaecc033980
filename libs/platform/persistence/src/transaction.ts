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

  /** For `Database`: closes TypeORM's door, so that a manager that escaped can't use a connection that is somebody else's by now. */
  end(): void {
    if (this.#runner) Object.assign(this.#runner, { isReleased: true });
  }

  /** For `Database`. */
  committed(): void {
    for (const callback of this.#afterCommit) callback();
  }
}
