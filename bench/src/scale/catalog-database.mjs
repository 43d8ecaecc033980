// A connection to the Postgres that a candidate of ours runs for itself, for what no push could do in the time.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** As libs/platform/embedded has them. */
const [USER, DATABASE, SCHEMA] = ['entrepot_admin', 'entrepot', 'catalog'];

/** Runs `work(client)` as the administrator, with the catalog's tables in reach, and closes the connection. */
export async function withCatalog(dataDirectory, work) {
  // Only here: the rest of the benchmark needs no package, and after the candidate's start they are installed.
  const { default: pg } = await import('pg');
  const run = join(dataDirectory, 'run');
  const note = join(run, 'postgres-socket');
  const client = new pg.Client({
    host: existsSync(note) ? readFileSync(note, 'utf8').trim() : join(run, 'pg'),
    user: USER,
    password: readFileSync(join(dataDirectory, 'secrets', 'postgres-admin'), 'utf8').trim(),
    database: DATABASE,
    application_name: 'entrepot-bench',
  });
  // Without a listener, a server that goes away would end the process before the candidates are stopped.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(`SET search_path = ${SCHEMA}`);
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The schema's tables, as { name: [column] }. */
export async function tablesOf(client) {
  const { rows } = await client.query(
    `SELECT table_name AS name, array_agg(column_name::text) AS columns
     FROM information_schema.columns WHERE table_schema = $1 GROUP BY table_name`,
    [SCHEMA],
  );
  return Object.fromEntries(rows.map(({ name, columns }) => [name, columns]));
}
