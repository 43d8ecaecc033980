// Starts the product as a newcomer does, on a free port and in a temporary folder, and stops it.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const START = fileURLToPath(new URL('../../start.mjs', import.meta.url));
/** A first start installs and builds, too. */
const START_SECONDS = 420;
const STOP_SECONDS = 20;

/**
 * Starts the suite as one process (`standalone`) or as separate ones (`services`). Gives up when `signal` is aborted.
 * @returns {Promise<{ url: string, root: { user: string, secret: string }, log: () => string, stop: () => Promise<void> }>}
 */
export async function startSuite(composition, folder, signal) {
  const data = join(folder, 'data');
  mkdirSync(folder, { recursive: true });
  const logFile = join(folder, 'suite.log');
  const log = openSync(logFile, 'w');
  const env = { ...settingsRemoved(process.env), ENTREPOT_PORT: String(await freePort()), ENTREPOT_DATA_DIR: data };
  const args = composition === 'services' ? [START, '--services'] : [START];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const suite = { child, ended: false, log: () => readFileSync(logFile, 'utf8') };
  child.on('exit', () => (suite.ended = true));
  const url = await readyLine(suite, signal);
  const { accessKey, secretKey } = JSON.parse(readFileSync(join(data, 'secrets', 'root-access-key'), 'utf8'));
  return { url, root: { user: accessKey, secret: secretKey }, log: suite.log, stop: () => stop(suite) };
}

/** The address from the line `ready: <address>`; stops the suite and throws with the end of its log if none comes. */
async function readyLine(suite, signal) {
  const end = Date.now() + START_SECONDS * 1000;
  for (; Date.now() < end && !suite.ended && !signal.aborted; await sleep(200)) {
    const url = /^ready: (\S+)$/m.exec(suite.log())?.[1];
    if (url) return url;
  }
  await stop(suite);
  throw new Error(`the suite did not get ready:\n${suite.log().slice(-4000)}`);
}

/** SIGTERM, and SIGKILL to the whole group if that is not enough: then throws, because it should have been. */
async function stop(suite) {
  if (!suite.ended) suite.child.kill('SIGTERM');
  for (const end = Date.now() + STOP_SECONDS * 1000; Date.now() < end; await sleep(100)) if (suite.ended) return;
  process.kill(-suite.child.pid, 'SIGKILL');
  throw new Error(`the suite did not end within ${STOP_SECONDS} s of SIGTERM`);
}

/** The caller's own installation must not leak into the one under test. */
function settingsRemoved(env) {
  const npm = (name) => name.startsWith('npm_');
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('ENTREPOT_') && !npm(name)));
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
