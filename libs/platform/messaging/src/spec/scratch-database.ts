import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A database of its own for one spec, dropped at its end. `ENTREPOT_TEST_POSTGRES_URL` is a superuser's URL of a running server. */
export interface ScratchDatabase {
  url: string;
  /** The same database through another address, for a proxy. */
  urlAt(port: number): string;
  server: { host: string; port: number };
  drop(): Promise<void>;
}

export async function scratchDatabase(): Promise<ScratchDatabase> {
  const admin = process.env['ENTREPOT_TEST_POSTGRES_URL'];
  if (!admin) throw new Error('ENTREPOT_TEST_POSTGRES_URL names no Postgres server');
  const name = `spec_${randomBytes(6).toString('hex')}`;
  await run(admin, `CREATE DATABASE ${name}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    urlAt: (port) => Object.assign(new URL(url.href), { hostname: '127.0.0.1', port: String(port) }).href,
    server: { host: url.hostname, port: Number(url.port || 5432) },
    drop: () => run(admin, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
