// Fetches Debian's builds of the clients and unpacks them in the cache. Nothing is installed on the machine, no service
// is started by a package's script, and no root is needed: apt keeps its lists in the cache, too.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, run } from '../command.mjs';
import { debianClients } from '../pins.mjs';
import { cached, cacheFolder } from './cache.mjs';

const DOWNLOAD_SECONDS = 600;

/**
 * Installs all of `debianClients` and answers the environment in which they run (PATH and LD_LIBRARY_PATH begin in the
 * cache) and the folder. Throws a sentence that says what is missing.
 */
export async function installDebianClients(progress) {
  const name = `debian-${debianClients.map((client) => `${client.name}-${client.upstream}`).join('_')}`;
  const folder = await cached(name, (draft) => fill(draft, progress), check);
  return { folder, env: debianEnvironment(folder) };
}

/** The environment for programs unpacked under `folder`. */
export function debianEnvironment(folder) {
  const bins = ['usr/bin', 'usr/sbin', 'bin', 'sbin'].map((bin) => join(folder, bin));
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  return { ...process.env, PATH: [...bins, path].join(':'), LD_LIBRARY_PATH: libraryFolders(folder).join(':') };
}

function libraryFolders(folder) {
  const libs = join(folder, 'usr/lib');
  const triplets = existsSync(libs) ? readdirSync(libs).filter((name) => name.includes('-linux-')) : [];
  return triplets.map((triplet) => join(libs, triplet));
}

async function check(folder) {
  for (const { program } of debianClients)
    await run(program[0], program.slice(1), { env: debianEnvironment(folder), seconds: 30 });
}

async function fill(draft, progress) {
  if ((await attempt('apt-get', ['--version'], {})).code !== 0)
    throw new Error('docker, podman, buildah and skopeo come as Debian packages and there is no apt-get here.');
  const apt = aptOptions();
  progress('reading the package lists');
  await run('nice', ['apt-get', ...apt, '-q', 'update'], { seconds: DOWNLOAD_SECONDS });
  const packages = await missingPackages(apt);
  progress(`fetching ${packages.length} Debian packages`);
  const files = join(draft, 'packages');
  mkdirSync(files);
  await run('nice', ['apt-get', ...apt, '-q', 'download', ...packages], { cwd: files, seconds: DOWNLOAD_SECONDS });
  const downloaded = readdirSync(files).filter((name) => name.endsWith('.deb'));
  for (const file of downloaded) await run('nice', ['dpkg', '-x', join(files, file), draft], { seconds: 120 });
  writeFileSync(join(draft, 'packages.txt'), `${downloaded.join('\n')}\n`);
  await run('rm', ['-r', files]);
}

/** Own lists and own archive, so that a stale or locked package system of the machine is no matter. */
function aptOptions() {
  const state = join(cacheFolder(), 'apt');
  for (const folder of ['lists/partial', 'archives/partial']) mkdirSync(join(state, folder), { recursive: true });
  const set = { 'Dir::State::Lists': join(state, 'lists'), 'Dir::Cache': state, 'Dir::Cache::Archives': 'archives' };
  return Object.entries(set).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}

/** What apt would install afresh (`Inst name (…`); a mere upgrade (`Inst name [old] (…`) of the machine is left out. */
async function missingPackages(apt) {
  const wanted = debianClients.map((client) => client.package);
  const args = [...apt, '-s', '--no-install-recommends', 'install', ...wanted];
  const plan = await run('apt-get', args, { seconds: 60, env: { ...process.env, LC_ALL: 'C' } });
  const fresh = [...plan.stdout.matchAll(/^Inst (\S+) \(/gm)].map((match) => match[1]);
  return [...new Set([...wanted, ...fresh])];
}
