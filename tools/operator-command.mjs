// A command of the operator's beside the suite: installs and builds what is missing, then runs a program of apps/catalog with our words.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { node26 } from './node26.mjs';
import { root } from './root.mjs';

/** Ends as `apps/catalog/dist/<name>.js` ends. */
export async function runOperatorCommand(name) {
  await ensureInstalled();
  await ensureBuilt();
  const program = join(root, 'apps', 'catalog', 'dist', `${name}.js`);
  const child = spawn(node26(), [program, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  child.once('exit', (code) => process.exit(code ?? 1));
}
