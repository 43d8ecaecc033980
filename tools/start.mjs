// npm start: installs, obtains and builds what is missing, then runs the suite. Plain JavaScript for Node 20, since nothing is installed
// yet when it runs first. `--services` runs every service as its own process, `--upgrade-database` rewrites a database of an older major
// version of Postgres; all other arguments go to the suite.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { endWithNpm } from './end-with-npm.mjs';
import { ensureInstalled } from './install.mjs';
import { ensureNatsServer } from './nats-server.mjs';
import { node26 } from './node26.mjs';
import { giveUp } from './progress.mjs';
import { root } from './root.mjs';

const USAGE = `npm start                         all services in one process, on one port
npm run start:services            every service as its own process
npm start -- --upgrade-database   rewrites a database of an older major version of Postgres, and keeps the old one beside it
npm start -- --help               this, and the settings:
`;
const OLDEST_NODE = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  giveUp(`Node ${OLDEST_NODE.join('.')} or newer is needed, and this is ${process.versions.node}.`);
}

const args = process.argv.slice(2);
const composition = args.includes('--services') ? 'services.js' : 'main.js';
const upgrading = args.includes('--upgrade-database');
const passed = args.filter((arg) => arg !== '--services');

await ensureInstalled();
await ensureBuilt();
// A sync of the disk holds one of these threads while it lasts, and four, Node's default, would soon be all taken by pushes.
const env = { UV_THREADPOOL_SIZE: '16', ...process.env };
if (!passed.includes('--help')) env.ENTREPOT_NATS_SERVER = await ensureNatsServer();
else process.stdout.write(`${USAGE}\n`);
runSuite(env);

function runSuite(env) {
  let node;
  try {
    node = node26();
  } catch (error) {
    giveUp(error.message);
  }
  const program = upgrading
    ? join(root, 'tools', 'upgrade-database.mjs')
    : join(root, 'apps', 'standalone', 'dist', composition);
  // The channel tells the suite when we are gone, so that a `kill -9` of this process leaves no suite behind.
  const child = spawn(node, [program, ...passed], {
    env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  child.once('error', (error) => giveUp(`Node ${node} does not start: ${error.message}`));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // A terminal's Ctrl-C reaches the suite by itself: it would take a second one for impatience.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  endWithNpm(child);
  child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
