// zot, the fastest peer, where its binary is on the PATH.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../processes/free-port.mjs';
import { dataDirectoryFor, startServer } from '../processes/server.mjs';
import { findOnPath } from '../programs/find-on-path.mjs';

const READY_MS = 20_000;

export const zot = {
  id: 'zot',
  title: 'zot',
  ours: false,
  smoke: false,
  notes: 'no authentication, its own defaults (it does not sync to disk), errors logged only',
  start,
};

async function start() {
  const program = findOnPath('zot');
  if (!program) return { missing: 'there is no zot binary on the PATH' };
  const dataDirectory = dataDirectoryFor('zot');
  const port = await freePort();
  const settings = join(dataDirectory, 'config.json');
  const configuration = {
    distSpecVersion: '1.1.1',
    storage: { rootDirectory: join(dataDirectory, 'registry') },
    http: { address: '127.0.0.1', port: String(port) },
    log: { level: 'error' },
  };
  writeFileSync(settings, JSON.stringify(configuration));
  const server = await startServer({
    program,
    args: ['serve', settings],
    env: {},
    dataDirectory,
    port,
    readyPath: '/v2/',
    readyMs: READY_MS,
  });
  return { server, credentials: null };
}
