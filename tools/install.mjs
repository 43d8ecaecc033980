// Installs from the lockfile when what is installed is not what the lockfile says.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { giveUp, run, say } from './progress.mjs';
import { root } from './root.mjs';

const stampFile = join(root, 'node_modules', '.entrepot-lockfile');

/** Makes node_modules what package-lock.json says. Does nothing, quickly, when it is. */
export async function ensureInstalled() {
  const lockfile = readFileSync(join(root, 'package-lock.json'));
  const stamp = createHash('sha256').update(lockfile).digest('hex');
  if (read(stampFile) === stamp) return;
  if (!matches(JSON.parse(lockfile))) await install();
  writeFileSync(stampFile, stamp);
}

async function install() {
  say('installing what the lockfile lists …');
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const [program, ...before] = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const { code, output } = await run(program, [...before, ...args], { cwd: root, doing: 'installing' });
  if (code !== 0) giveUp(`${output}\nInstalling failed (npm ci ended with ${code}): see npm's message above.`);
  say('installed');
}

// Someone who ran npm by hand has everything already: npm leaves its own list of what it installed.
function matches(lockfile) {
  const list = read(join(root, 'node_modules', '.package-lock.json'));
  if (list === null) return false;
  const installed = JSON.parse(list).packages;
  return Object.entries(lockfile.packages).every(
    ([path, entry]) =>
      !path.startsWith('node_modules/') || entry.optional || entry.link || installed[path]?.version === entry.version,
  );
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
