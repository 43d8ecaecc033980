// npm run test:clients: installs the real clients and runs them against the suite, once as one process and once as
// separate ones. The last line is `N passed, N failed, N skipped`; nothing is skipped, a missing client has failed.
//
//   node tools/test-clients.mjs [--install] [--composition=standalone|services] [--client=<name>[,<name>…]]
//
// `--install` only installs. `ENTREPOT_CLIENT_CACHE` is the folder that keeps the clients.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killRunning } from './clients/command.mjs';
import { installClients } from './clients/install/install.mjs';
import { removeTree } from './clients/remove-tree.mjs';
import { runClient } from './clients/run-client.mjs';
import { Tally } from './clients/runner.mjs';
import { allClients } from './clients/specs/all.mjs';
import { startSuite } from './clients/world/suite.mjs';
import { makeWorld } from './clients/world/world.mjs';

/** More than a suite that does not start takes to say so. */
const SUITE_SECONDS = 500;

const { values } = parseArgs({
  options: {
    install: { type: 'boolean' },
    composition: { type: 'string', multiple: true, default: ['standalone', 'services'] },
    client: { type: 'string' },
  },
});
const tally = new Tally();
const wanted = values.client?.split(',') ?? allClients.map((client) => client.name);
const unknown = wanted.filter((name) => !allClients.some((client) => client.name === name));
for (const name of unknown) tally.fail(name, `there is no client ${name}`);

console.log('Installing the clients');
const installed = await installClients();
if (values.install) process.exit(installed.missing.size === 0 ? 0 : 1);

const folder = mkdtempSync(join(tmpdir(), 'entrepot-clients-'));
const stops = [];
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupted);
try {
  for (const composition of values.composition) await runComposition(composition, join(folder, composition));
} finally {
  await stopAll();
  await removeTree(folder);
}
console.log(tally.line());
process.exit(tally.failed === 0 && !interruption.signal.aborted ? 0 : 1);

async function runComposition(composition, home) {
  console.log(`\n${composition}: starting the suite`);
  let world;
  const start = async () => {
    const suite = await startSuite(composition, home, interruption.signal);
    stops.push(() => suite.stop());
    world = await makeWorld(suite, composition);
  };
  const title = `${composition} › the suite starts and the world is made`;
  const started = await tally.run(title, start, SUITE_SECONDS);
  if (!started) return;
  for (const client of allClients)
    if (wanted.includes(client.name)) await runClient(client, world, installed, home, tally, stops);
  await tally.run(`${composition} › the suite ends`, stopAll);
}

/** Stops what still runs, the last first. */
async function stopAll() {
  while (stops.length > 0) await stops.pop()();
}

/** Ends what is under way; the run then unwinds by itself, stopping what it has started. */
function interrupted(signal) {
  console.log(`\n${signal}: stopping what was started`);
  interruption.abort();
  tally.interrupt();
  killRunning();
}
