// This suite, in both compositions, as a user starts it: authentication on, `fsync` on.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { node26 } from '../../../tools/node26.mjs';
import { root } from '../../../tools/root.mjs';
import { freePort } from '../processes/free-port.mjs';
import { dataDirectoryFor, startServer } from '../processes/server.mjs';
import { Management } from './management.mjs';

/** The first start may have to build. */
const READY_MS = 300_000;

const NOTES = 'authentication by token, fsync on, with its access log';

/** All services in one process. */
export const standalone = {
  id: 'standalone',
  title: 'Entrepot, standalone',
  ours: true,
  smoke: true,
  notes: NOTES,
  start: (options) => start('standalone', options),
};

/** Encryption concerns blobs only, so only they are measured. */
const BLOB_CASES = ['blob-', 'image-'];

export const standaloneEncrypted = {
  ...standalone,
  id: 'standalone-encrypted',
  title: 'Entrepot, standalone, encrypted',
  notes: `${NOTES}, blobs encrypted at rest; blobs and images only`,
  takes: (id) => BLOB_CASES.some((start) => id.startsWith(start)),
  start: (options) => start('standalone-encrypted', { ...options, encrypted: true }),
};

/** Each service its own process, over NATS. */
export const services = {
  ...standalone,
  id: 'services',
  title: 'Entrepot, separate processes',
  start: (options) => start('services', { ...options, composition: '--services' }),
};

/** For rows loaded in bulk, whose bytes a scrub would rightly find wrong. Answers also `dataDirectory`, the suite's own. */
export const startUnscrubbed = (id) => start(id, { settings: { ENTREPOT_SCRUB_BYTES_PER_SECOND: '0' } });

async function start(id, { profileFolder, composition, encrypted = false, settings = {} }) {
  const dataDirectory = dataDirectoryFor(id);
  const own = join(dataDirectory, 'entrepot');
  const port = await freePort();
  const server = await startServer({
    // An older Node knows no profiles by way of the environment.
    program: profileFolder ? node26() : process.execPath,
    args: [join(root, 'tools', 'start.mjs'), ...(composition ? [composition] : [])],
    env: {
      ENTREPOT_PORT: String(port),
      ENTREPOT_DATA_DIR: own,
      ENTREPOT_ENCRYPTION: encrypted ? 'on' : 'off',
      ...settings,
      ...(profileFolder && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileFolder}` }),
    },
    dataDirectory,
    port,
    readyPath: '/readyz',
    readyMs: READY_MS,
  });
  const credentials = JSON.parse(readFileSync(join(own, 'secrets', 'root-access-key'), 'utf8'));
  const management = new Management(server.base, credentials);
  const { encryption } = await management.registry();
  if (encryption.enabled !== encrypted) throw new Error(`${id}: encryption of demo is ${encryption.enabled}`);
  return { server, credentials, dataDirectory: own, setLimits: (limits) => management.setLimits(limits) };
}
