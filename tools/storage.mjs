// npm run storage: moves blobs to other storage while the suite serves; without words it says what it can.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { node26 } from './node26.mjs';
import { root } from './root.mjs';

await ensureInstalled();
await ensureBuilt();
const child = spawn(node26(), [join(root, 'apps', 'catalog', 'dist', 'storage.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
child.once('exit', (code) => process.exit(code ?? 1));
