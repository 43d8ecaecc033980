// Runs a script on Node 26: this process's own Node if it is new enough, else the one that the npm package `node-<os>-<cpu>` brings.
// Usage: node tools/node26.mjs <node arguments…>
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const MAJOR = 26;

/** Path of a Node 26 binary. Throws a sentence that says what to do when there is none for this platform. */
export function node26() {
  if (Number(process.versions.node.split('.')[0]) >= MAJOR) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const binary = join(folder, 'bin', 'node');
    if (existsSync(binary)) return binary;
  } catch {
    // not installed: told below
  }
  throw new Error(
    `Node ${MAJOR} is needed and the npm package ${name} does not bring it here: install Node ${MAJOR} and try again.`,
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const child = spawn(node26(), process.argv.slice(2), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}
