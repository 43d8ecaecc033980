// Builds when a source changed since the last build; finds that out in some milliseconds.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { node26 } from './node26.mjs';
import { giveUp, run, say } from './progress.mjs';
import { root } from './root.mjs';

const stampFile = join(root, 'node_modules', '.entrepot-build');

/** Makes every project's `dist` what its sources say. */
export async function ensureBuilt() {
  const projects = projectFolders();
  const stamp = sourcesStamp(projects);
  if (read(stampFile) === stamp && projects.every(hasOutput)) return;
  say('building …');
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, output } = await run(node26(), [tsc, '--build'], { cwd: root, doing: 'building' });
  if (code !== 0) giveUp(`${output}\nThe build failed: see the messages above.`);
  writeFileSync(stampFile, stamp);
  say('built');
}

function projectFolders() {
  const groups = ['apps', 'libs', 'libs/platform', 'libs/services'];
  return groups
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .filter((folder) => existsSync(join(folder, 'tsconfig.lib.json')));
}

function hasOutput(folder) {
  return existsSync(join(folder, 'dist', 'index.js')) || existsSync(join(folder, 'dist', 'main.js'));
}

/** A digest of every source's path, size and time of change. */
function sourcesStamp(projects) {
  const stamp = createHash('sha256');
  const add = (path) => {
    const stat = statSync(path);
    stamp.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  };
  for (const file of ['package-lock.json', 'tsconfig.base.json', 'tsconfig.json']) add(join(root, file));
  for (const folder of projects) {
    add(join(folder, 'tsconfig.lib.json'));
    add(join(folder, 'package.json'));
    for (const file of readdirSync(join(folder, 'src'), { recursive: true }).sort()) {
      if (file.endsWith('.ts') && !file.endsWith('.spec.ts')) add(join(folder, 'src', file));
    }
  }
  return stamp.digest('hex');
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
