// The part of `npm test` that runs on Node 26 when everything is installed and built: servers, Jest, what was left behind, totals.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './root.mjs';

const KINDS = ['unit', 'integration', 'e2e'];
/** Looks for processes that were left, 200 ms apart: more than the dying take to die. */
const MAX_LOOKS = 50;
const COMPOSITIONS = ['standalone', 'services'];
/** Tests that wait for servers leave a processor free; those that run whole suites do not. */
const WORKERS = { unit: 2, integration: 3, e2e: 2 };

const { kinds, jestArgs } = parse(process.argv.slice(2));
const home = makeHome();
const env = {
  ...process.env,
  // What tests make in the temporary folder lies here, so that what they forget shows.
  TMPDIR: join(home, 'tmp'),
  // Known to all descendants: those that are left at the end are found by it.
  ENTREPOT_TEST_RUN: randomBytes(8).toString('hex'),
};
const totals = { passed: 0, failed: 0, skipped: 0 };
let jest = null;
let interrupted = false;
for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) {
  process.on(event, () => {
    interrupted = true;
    jest?.kill('SIGTERM');
  });
}
// Listening must not keep us alive when all is done.
process.channel?.unref();

const filesBefore = newFiles();
const servers = kinds.includes('integration') ? await startServers() : null;
try {
  if (kinds.includes('unit')) await runJest('unit', 'unit', {});
  if (kinds.includes('integration')) await runJest('integration', 'integration', servers.env);
  if (kinds.includes('e2e')) {
    for (const composition of COMPOSITIONS) {
      await runJest(`e2e, ${composition}`, 'e2e', { ENTREPOT_TEST_COMPOSITION: composition });
    }
  }
} finally {
  await servers?.stop();
}
// Who is interrupted leaves things behind, which are ended and removed; after a whole run each is a fault of a test.
for (const remainder of await whatIsLeft()) if (!interrupted) fail(`left behind: ${remainder}`);
rmSync(home, { recursive: true, force: true });
if (interrupted) fail('interrupted');
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 && !interrupted ? 0 : 1;

function parse(args) {
  const at = args.indexOf('--only');
  if (at === -1) return { kinds: KINDS, jestArgs: args };
  const only = args[at + 1];
  if (!KINDS.includes(only)) {
    console.error(`--only takes one of ${KINDS.join(', ')}.`);
    process.exit(2);
  }
  return { kinds: [only], jestArgs: args.filter((_, index) => index !== at && index !== at + 1) };
}

// Postgres runs as another account when we are root, and must be able to walk through.
function makeHome() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'entrepot-test-')));
  chmodSync(folder, 0o711);
  mkdirSync(join(folder, 'tmp'));
  chmodSync(join(folder, 'tmp'), 0o1777);
  return folder;
}

async function startServers() {
  const library = await import('../libs/platform/embedded/dist/index.js');
  const { DataDirectory, EmbeddedNats, EmbeddedPostgres, freePort, silentLogger: logger } = library;
  const data = DataDirectory.lock(join(home, 'servers'));
  // TCP, so that a test can put a proxy that fails in between.
  const postgres = await EmbeddedPostgres.start({ data, logger, port: await freePort() });
  const everything = { allow: ['>'] };
  const users = [{ name: 'test', publish: everything, subscribe: everything }];
  const nats = await EmbeddedNats.start({ data, logger, users, anonymous: 'test', binary: env.ENTREPOT_NATS_SERVER });
  return {
    env: { ENTREPOT_TEST_POSTGRES_URL: postgres.adminUrl(), ENTREPOT_TEST_NATS_URL: nats.server },
    stop: async () => {
      await Promise.all([postgres.stop(), nats.stop()]);
      data.unlock();
    },
  };
}

async function runJest(name, project, more) {
  if (interrupted) return;
  console.log(`\n── ${name}`);
  const report = join(home, `${name.replaceAll(/\W+/g, '-')}.json`);
  const args = [
    '--experimental-vm-modules',
    // Jest needs the flag, and says so for every worker.
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
    '--selectProjects',
    project,
    '--passWithNoTests',
    `--maxWorkers=${WORKERS[project]}`,
    // A busy machine may need long to start a service; a hook that timed out would leave it running.
    '--testTimeout=60000',
    '--cacheDirectory',
    join(root, 'node_modules', '.cache', 'jest'),
    '--json',
    '--outputFile',
    report,
    ...jestArgs,
  ];
  jest = spawn(process.execPath, args, { cwd: root, env: { ...env, ...more }, stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((resolve) => jest.once('exit', (exit) => resolve(exit ?? 1)));
  jest = null;
  count(name, report, code);
}

function count(name, report, code) {
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return code === 0 || interrupted ? undefined : fail(`${name}: Jest ended with ${code} and no report`);
  }
  totals.passed += result.numPassedTests;
  totals.skipped += result.numPendingTests + result.numTodoTests;
  // A file that can't be loaded counts as one failure: its tests are unknown.
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  totals.failed += failed;
  if (failed === 0 && code !== 0 && !interrupted) fail(`${name}: Jest ended with ${code} although no test failed`);
}

function fail(text) {
  totals.failed += 1;
  console.error(text);
}

/** A sentence for each process, temporary file or file in the repository that the tests left; processes are ended. */
async function whatIsLeft() {
  const processes = await leftProcesses();
  const files = readdirSync(join(home, 'tmp')).map((name) => `${name} in the temporary folder`);
  // Someone may be working in the repository while the tests run, but not in CI.
  const created = process.env.CI ? newFiles().filter((file) => !filesBefore.includes(file)) : [];
  return [...processes, ...files, ...created.map((file) => `${file} in the repository`)];
}

/** Those that are found die at once, and what they started before is found next: until nobody is there, twice in a row. */
async function leftProcesses() {
  if (process.platform !== 'linux') return [];
  const found = [];
  for (let quiet = 0, look = 0; quiet < 2 && look < MAX_LOOKS; look++) {
    if (look > 0) await new Promise((resolve) => setTimeout(resolve, 200));
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
    const ours = pids.filter(isOurs);
    quiet = ours.length === 0 ? quiet + 1 : 0;
    found.push(...ours.map(endProcess));
  }
  return found;
}

function endProcess(pid) {
  const command = readProcess(pid, 'cmdline').replaceAll('\0', ' ').trim();
  try {
    process.kill(Number(pid), 'SIGKILL');
  } catch {
    // it ended by itself meanwhile
  }
  return `process ${pid} (${command.slice(0, 200)})`;
}

// By the mark that descendants inherit; Postgres inherits nothing, but works in a folder of ours.
function isOurs(pid) {
  if (readProcess(pid, 'environ').includes(`ENTREPOT_TEST_RUN=${env.ENTREPOT_TEST_RUN}`)) return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(`${home}/`);
  } catch {
    return false;
  }
}

function readProcess(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function newFiles() {
  const { stdout, status } = spawnSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.split('\n').filter(Boolean) : [];
}
