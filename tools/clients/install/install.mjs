// Brings every client on the machine, one after the other, and tells what it does.
import { debianClients, goClients, orasClient } from '../pins.mjs';
import { cacheFolder } from './cache.mjs';
import { installDebianClients } from './debian-clients.mjs';
import { installGoClient } from './go-client.mjs';
import { installOrasClient } from './oras-client.mjs';

/**
 * Installs all clients.
 * @returns {Promise<{ clients: Map<string, object>, missing: Map<string, string> }>} `clients`: what a client's tests
 *   need to start it (`{ program }`, `{ python }` or `{ env }`); `missing`: client → the sentence why it is not here
 */
export async function installClients() {
  const found = { clients: new Map(), missing: new Map() };
  console.log(`clients are kept in ${cacheFolder()}`);
  const debian = debianClients.map((client) => `${client.name} ${client.upstream}`).join(', ');
  await step(found, debianClients.map(nameOf), debian, (progress) => installDebianClients(progress));
  await step(found, [orasClient.name], `oras ${orasClient.version}`, async (progress) => ({
    python: await installOrasClient(progress),
  }));
  for (const client of goClients)
    await step(found, [client.name], `${client.name} ${client.version}`, async (progress) => ({
      program: await installGoClient(client, (what) => progress(`${what}, about ${client.seconds} s on two cores`)),
    }));
  return found;
}

const nameOf = (client) => client.name;

async function step(found, names, label, install) {
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  try {
    const client = await install((what) => console.log(`  ${label}: ${what} …`));
    for (const name of names) found.clients.set(name, client);
    console.log(`  ${label}: ready (${seconds()})`);
  } catch (error) {
    for (const name of names) found.missing.set(name, error.message);
    console.log(`  ${label}: MISSING (${seconds()}): ${error.message}`);
  }
}
