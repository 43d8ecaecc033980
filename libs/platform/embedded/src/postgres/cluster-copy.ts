import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { unprivilegedAccount } from '../processes/unprivileged-account.js';
import { clusterRun, giveTo } from './postgres-cluster.js';
import { withClient } from './service-schema.js';

/** A table's rows, in a file of COPY's text format, which every major version writes and reads alike. */
interface TableFile {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: number;
}

interface SequenceValue {
  readonly schema: string;
  readonly sequence: string;
  /** As a decimal, since it may be beyond 2^53; null when nothing was drawn yet. */
  readonly value: string | null;
}

interface Manifest {
  readonly tables: readonly TableFile[];
  readonly sequences: readonly SequenceValue[];
}

/** Inside the cluster's own folder: the one place that both Postgres, under whatever account, and we can write. */
const FOLDER = 'entrepot-copy';
const MANIFEST = 'manifest.json';

/** The server's and our own name of the folder. */
function foldersOf(cluster: string): { server: string; ours: string } {
  const { dataPath } = clusterRun(cluster, unprivilegedAccount(cluster));
  return { server: `${dataPath}/${FOLDER}`, ours: join(cluster, FOLDER) };
}

/**
 * Writes all rows of all services' tables into files below the cluster's folder, as of one moment.
 *
 * @param url the administrator's, to the database with the services' schemas
 */
export async function copyOut(url: string, cluster: string): Promise<void> {
  const { server, ours } = foldersOf(cluster);
  rmSync(ours, { recursive: true, force: true });
  mkdirSync(ours, { mode: 0o700 });
  giveTo(unprivilegedAccount(cluster), ours);
  const manifest = await withClient(url, async (client) => {
    await client.query('begin transaction isolation level repeatable read read only');
    const tables: TableFile[] = [];
    for (const [number, table] of (await tablesOf(client)).entries()) {
      const columns = table.columns.map((column) => client.escapeIdentifier(column)).join(', ');
      // Without columns there is nothing but a number of rows, and no service has such a table.
      const { rowCount } = await client.query(
        `copy ${nameOf(client, table.schema, table.table)} (${columns}) to '${server}/${number}'`,
      );
      tables.push({ ...table, rows: rowCount ?? 0 });
    }
    return { tables, sequences: await sequencesOf(client) };
  });
  writeFileSync(join(ours, MANIFEST), JSON.stringify(manifest));
}

/**
 * Moves what `copyOut` wrote from one cluster's folder to the other's, and replaces the rows of the tables there, which must have the same
 * columns, all or nothing. Answers how many rows there are now.
 *
 * @throws Error when a table is missing, or has not as many rows afterwards as it had.
 */
export async function copyIn(url: string, cluster: string, from: string): Promise<number> {
  const { server, ours } = foldersOf(cluster);
  rmSync(ours, { recursive: true, force: true });
  renameSync(join(from, FOLDER), ours);
  const { tables, sequences } = JSON.parse(readFileSync(join(ours, MANIFEST), 'utf8')) as Manifest;
  await withClient(url, async (client) => {
    await client.query('begin');
    // Rows arrive in any order and were checked when they were first written: no triggers, foreign keys included.
    await client.query("set local session_replication_role = 'replica'");
    const names = tables.map(({ schema, table }) => nameOf(client, schema, table));
    if (names.length > 0) await client.query(`truncate ${names.join(', ')} cascade`);
    for (const [number, { schema, table, columns, rows }] of tables.entries()) {
      const list = columns.map((column) => client.escapeIdentifier(column)).join(', ');
      const { rowCount } = await client.query(`copy ${names[number]} (${list}) from '${server}/${number}'`);
      if (rowCount !== rows) throw new Error(`${schema}.${table} has ${rowCount} rows where it had ${rows}`);
    }
    for (const { schema, sequence, value } of sequences) {
      if (value !== null) await client.query('select setval($1, $2)', [nameOf(client, schema, sequence), value]);
    }
    await client.query('commit');
    await client.query('analyze');
  });
  rmSync(ours, { recursive: true, force: true });
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}

const nameOf = (client: pg.Client, schema: string, name: string) =>
  `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;

/** Services' schemas are those that are not Postgres's own and not `public`, which nobody may write. */
const OURS = String.raw`n.nspname not in ('information_schema', 'public') and n.nspname !~ '^pg_'`;

async function tablesOf(client: pg.Client): Promise<Omit<TableFile, 'rows'>[]> {
  const { rows } = await client.query<Omit<TableFile, 'rows'>>(`
    select n.nspname as schema, c.relname as table, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relkind = 'r' and ${OURS}
    group by 1, 2
    order by 1, 2`);
  return rows;
}

async function sequencesOf(client: pg.Client): Promise<SequenceValue[]> {
  const { rows } = await client.query<SequenceValue>(`
    select schemaname as schema, sequencename as sequence, last_value::text as value
    from pg_sequences
    where schemaname not in ('information_schema', 'public') and schemaname !~ '^pg_'
    order by 1, 2`);
  return rows;
}
