import pg from 'pg';
import { buildDataSource, connectionSettings } from './data-source.factory.js';
import type { DatabaseOptions } from './database-options.js';

/**
 * Makes the schema and runs the migrations that are missing, each in its own transaction, under an advisory lock: replicas that start
 * together wait for the first. Resolves to the names of those that ran here.
 */
export async function runMigrations(options: DatabaseOptions): Promise<string[]> {
  const unhurried = { ...options, statementTimeoutMs: 0, lockTimeoutMs: 0 };
  const lock = new pg.Client(connectionSettings(unhurried));
  lock.on('error', () => undefined);
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [`entrepot.migrate.${options.schema}`]);
    await createSchema(lock, options.schema);
    // Long statements may take their time, but none may queue behind a lock and stop the service's traffic with it.
    return await applyMissing({ ...options, statementTimeoutMs: 0, poolSize: 2 });
  } finally {
    await lock.end();
  }
}

// Looked up first: IF NOT EXISTS asks for the right to create even when the schema is there.
async function createSchema(client: pg.Client, schema: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  if (rowCount === 0) await client.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
}

async function applyMissing(options: DatabaseOptions): Promise<string[]> {
  const dataSource = buildDataSource(options, options.migrations);
  await dataSource.initialize();
  try {
    return (await dataSource.runMigrations({ transaction: 'each' })).map((migration) => migration.name);
  } finally {
    await dataSource.destroy();
  }
}
