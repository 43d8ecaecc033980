// This suite, in both compositions, as a user starts it: authentication on, `fsync` on.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { node26 } from '../../../tools/node26.mjs';
import { root } from '../../../tools/root.mjs';
import { freePort } from '../processes/free-port.mjs';
import { dataDirectoryFor, startServer } from '../processes/server.mjs';
import { raiseTagQuota } from './raise-tag-quota.mjs';

/** The first start may have to build. */
const READY_MS = 300_000;

const TITLES = { standalone: 'Entrepot, standalone', services: 'Entrepot, separate processes' };

/** `standalone`: one process; `services`: each service its own, over NATS. */
export function entrepot(composition) {
  return {
    id: composition,
    title: TITLES[composition],
    ours: true,
    smoke: true,
    notes: 'authentication by token, fsync on, with its access log',
    start: (options) => start(composition, options),
  };
}

async function start(composition, { profileFolder }) {
  const dataDirectory = dataDirectoryFor(composition);
  const own = join(dataDirectory, 'entrepot');
  const port = await freePort();
  const server = await startServer({
    // An older Node knows no profiles by way of the environment.
    program: profileFolder ? node26() : process.execPath,
    args: [join(root, 'tools', 'start.mjs'), ...(composition === 'services' ? ['--services'] : [])],
    env: {
      ENTREPOT_PORT: String(port),
      ENTREPOT_DATA_DIR: own,
      ...(profileFolder && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileFolder}` }),
    },
    dataDirectory,
    port,
    readyPath: '/readyz',
    readyMs: READY_MS,
  });
  const credentials = JSON.parse(readFileSync(join(own, 'secrets', 'root-access-key'), 'utf8'));
  return { server, credentials, allowTags: (tags) => raiseTagQuota(server.base, credentials, tags) };
}
