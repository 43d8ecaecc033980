import pg from 'pg';
import { scramVerifier } from './scram-verifier.js';

/** The one database of an installation; every service has a schema in it. */
export const DATABASE = 'entrepot';

/** The role that a service logs in with. */
export function serviceRole(service: string): string {
  return `entrepot_${schemaName(service)}`;
}

/** The schema that a service owns: its name, with underscores for the hyphens that SQL would want quoted. */
export function schemaName(service: string): string {
  if (!/^[a-z][a-z0-9-]{1,40}$/.test(service)) throw new TypeError(`"${service}" can't be the name of a service`);
  return service.replaceAll('-', '_');
}

/** Runs `work` on a connection of its own, and closes it. */
export async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString, application_name: 'entrepot-setup' });
  // Without a listener, a server that goes away while we are idle would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Makes the database unless it is there, and takes from everyone what Postgres grants to everyone. */
export async function ensureDatabase(urlOf: (database: string) => string): Promise<void> {
  await withClient(urlOf('postgres'), async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (!rowCount) await client.query(`create database ${DATABASE}`);
  });
  await withClient(urlOf(DATABASE), async (client) => {
    await client.query(`revoke all on database ${DATABASE} from public`);
    await client.query('revoke all on schema public from public');
  });
}

/**
 * Makes, or corrects, a service's role and schema. The role may log in to this database and do as it likes in its own schema; it has no
 * right in another's.
 *
 * @param client the administrator's connection to the database
 * @param extensions trusted ones that the service's tables need; they live in the service's own schema
 */
export async function ensureServiceSchema(
  client: pg.Client,
  service: string,
  password: string,
  extensions: readonly string[] = [],
): Promise<void> {
  const [role, schema] = [serviceRole(service), schemaName(service)];
  const verifier = client.escapeLiteral(scramVerifier(password));
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [role]);
  const rights = `login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password ${verifier}`;
  await client.query(`${rowCount ? 'alter' : 'create'} role ${role} ${rights}`);
  await client.query(`alter role ${role} in database ${DATABASE} set search_path = ${schema}`);
  await client.query(`grant connect, temporary on database ${DATABASE} to ${role}`);
  await client.query(`create schema if not exists ${schema} authorization ${role}`);
  for (const extension of extensions) {
    await client.query(`create extension if not exists ${client.escapeIdentifier(extension)} schema ${schema}`);
  }
}
