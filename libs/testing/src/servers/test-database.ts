import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A database of one test's own. */
export interface TestDatabase {
  /** Its owner's URL. */
  readonly url: string;
  /** Where the Postgres server listens, for a proxy. */
  readonly server: { readonly host: string; readonly port: number };
  /** The same database through a proxy on this port of 127.0.0.1. */
  urlAt(port: number): string;
  /** Cuts who is still connected, and removes it. */
  drop(): Promise<void>;
}

/** An empty database on the Postgres that `npm test` started (ENTREPOT_TEST_POSTGRES_URL, a superuser's URL). */
export async function testDatabase(): Promise<TestDatabase> {
  const server = needed('ENTREPOT_TEST_POSTGRES_URL');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    server: { host: url.hostname, port: Number(url.port || 5432) },
    urlAt: (port) => Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href,
    drop: () => execute(server, `drop database if exists ${name} with (force)`),
  };
}

/** URL of the NATS server that `npm test` started: every subject is allowed without credentials, and JetStream is on. */
export function testNatsUrl(): string {
  return needed('ENTREPOT_TEST_NATS_URL');
}

async function execute(connectionString: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function needed(variable: string): string {
  const value = process.env[variable];
  if (!value)
    throw new Error(`${variable} is not set: "npm test -- --only integration" starts the servers and sets it.`);
  return value;
}
