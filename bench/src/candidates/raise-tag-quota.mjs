// The quota of tags per image, raised for the image with many of them. No API sets a quota yet, so this writes the registry's row.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** `data` is the suite's data directory, `tags` what an image of registry `demo` may then hold. */
export async function raiseTagQuota(data, tags) {
  const host = socketFolder(join(data, 'run'));
  const port = readdirSync(host)
    .map((file) => /^\.s\.PGSQL\.(\d+)$/.exec(file)?.[1])
    .find(Boolean);
  const password = readFileSync(join(data, 'secrets', 'postgres-catalog'), 'utf8').trim();
  const client = new pg.Client({ host, port: Number(port), user: 'entrepot_catalog', password, database: 'entrepot' });
  await client.connect();
  try {
    const raise = `UPDATE registry SET limits = limits || jsonb_build_object('tags', $1::int) WHERE name = 'demo'`;
    const { rowCount } = await client.query(raise, [tags]);
    if (rowCount !== 1) throw new Error(`raised the quota of ${rowCount} registries instead of one`);
  } finally {
    await client.end();
  }
}

// Where the folder's name would be too long for a socket, a file names another one.
function socketFolder(run) {
  const note = join(run, 'postgres-socket');
  return existsSync(note) ? readFileSync(note, 'utf8').trim() : join(run, 'pg');
}
