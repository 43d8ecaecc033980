import { DataSource, type QueryRunner } from 'typeorm';
import { translateDatabaseError } from './database-errors.js';
import type { DatabaseOptions } from './database-options.js';
import { schemaName } from './schema-name.js';

/** Beyond it a caller had better be told 503: the pool is full, or Postgres doesn't accept. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A transaction that its owner forgot, or whose process stalls, must not hold its locks, nor the outbox's horizon, for long. */
const IDLE_IN_TRANSACTION_MS = 10_000;

/** The timeouts and the search path of each connection. `statementTimeoutMs: 0` (for migrations) lifts the limits of time. */
export function connectionSettings(options: DatabaseOptions): Record<string, unknown> {
  const statementTimeoutMs = options.statementTimeoutMs ?? 10_000;
  const lockTimeoutMs = options.lockTimeoutMs ?? 5_000;
  return {
    connectionString: options.url,
    application_name: `entrepot-${options.schema}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // `public` is only there for extensions; Postgres 15 lets nobody create tables in it by default.
    options: [
      `-c search_path=${schemaName(options.schema)},public`,
      `-c statement_timeout=${statementTimeoutMs}`,
      `-c lock_timeout=${lockTimeoutMs}`,
      `-c idle_in_transaction_session_timeout=${IDLE_IN_TRANSACTION_MS}`,
      // So that Postgres notices within half a minute that a replica's host is gone, and frees its locks and leases.
      '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4',
      ...Object.entries(options.settings ?? {}).map(([name, value]) => `-c ${name}=${value}`),
    ].join(' '),
    // A host that vanished never cancels: the client gives up a little later than the server would.
    ...(statementTimeoutMs > 0 ? { query_timeout: statementTimeoutMs + 5_000 } : {}),
  };
}

/** A TypeORM data source for the service's schema; not connected yet. */
export function buildDataSource(options: DatabaseOptions, migrations: Function[] = []): DataSource {
  const dataSource = new DataSource({
    type: 'postgres',
    schema: schemaName(options.schema),
    entities: options.entities as never[],
    migrations,
    migrationsTableName: 'migrations',
    // Extensions belong to migrations: a service's role may not create them.
    installExtensions: false,
    poolSize: options.poolSize ?? 16,
    logging: false,
    poolErrorHandler: (error: Error & { client?: unknown }) => {
      // The pool puts the whole connection here, with the number that may cancel its statements.
      delete error.client;
      options.logger.warn({ err: error, schema: options.schema }, 'an idle database connection was lost');
    },
    // For `Transaction.write`.
    extra: { ...connectionSettings(options), maxLifetimeSeconds: 1_800, pipeline: true },
  });
  translateErrors(dataSource);
  return dataSource;
}

// Repositories and entity managers run everything through query runners, so this is where their errors get our names.
function translateErrors(dataSource: DataSource): void {
  const create = dataSource.driver.createQueryRunner.bind(dataSource.driver);
  dataSource.driver.createQueryRunner = (mode) => {
    const runner: QueryRunner = create(mode);
    const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
    runner.query = (async (...args: unknown[]) => {
      try {
        return await query(...args);
      } catch (error) {
        throw translateDatabaseError(error);
      }
    }) as QueryRunner['query'];
    return runner;
  };
}
