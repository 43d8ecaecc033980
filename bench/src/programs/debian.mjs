// Programs from Debian's packages, unpacked into the cache without installing them: no root, nothing on this machine changes.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../tools/progress.mjs';
import { findOnPath } from './find-on-path.mjs';
import { cacheDirectory } from './cache.mjs';

/**
 * Answers { program, env } or { missing: why }. A program on the PATH comes first; else the packages are unpacked beside each other, and
 * their libraries are found through LD_LIBRARY_PATH.
 */
export async function fromDebian(program, packages) {
  const installed = findOnPath(program);
  if (installed) return { program: installed, env: {} };
  const folder = join(cacheDirectory, 'debian', program);
  if (!existsSync(folder)) {
    const missing = await unpack(packages, folder);
    if (missing) return { missing: `${program} is not on the PATH, and Debian's package could not be had: ${missing}` };
  }
  const path = join(folder, 'usr', 'bin', program);
  if (!existsSync(path)) return { missing: `Debian's package of ${program} holds no ${program}` };
  return { program: path, env: { LD_LIBRARY_PATH: libraryFolders(folder).join(':') } };
}

async function unpack(packages, folder) {
  mkdirSync(join(cacheDirectory, 'debian'), { recursive: true });
  const work = mkdtempSync(join(cacheDirectory, 'debian', 'unpacking-'));
  try {
    const download = await run('apt-get', ['download', ...packages], { cwd: work, timeoutMs: 60_000 });
    if (download.code !== 0) return lastLine(download);
    const archives = readdirSync(work).filter((file) => file.endsWith('.deb'));
    for (const archive of archives) {
      const unpacked = await run('dpkg-deb', ['-x', join(work, archive), join(work, 'root')]);
      if (unpacked.code !== 0) return lastLine(unpacked);
    }
    // Renamed when complete, so that a run that was ended in between leaves no half program.
    renameSync(join(work, 'root'), folder);
    return null;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function libraryFolders(folder) {
  const lib = join(folder, 'usr', 'lib');
  if (!existsSync(lib)) return [];
  return readdirSync(lib, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(lib, entry.name));
}

const lastLine = ({ code, output }) => (code === 127 ? 'apt is not on this machine' : output.split('\n').at(-1));
