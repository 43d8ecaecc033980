// CNCF distribution: today's release, and the old one that Debian ships.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../processes/free-port.mjs';
import { dataDirectoryFor, startServer } from '../processes/server.mjs';
import { fromDebian } from '../programs/debian.mjs';
import { fromGo } from '../programs/go.mjs';

const RELEASE = 'v3.1.2';
const READY_MS = 20_000;
const NOTES = 'no authentication, filesystem driver, in-memory blob descriptor cache, no access log, no traces';

export const distribution3 = {
  id: 'distribution-3',
  title: `distribution ${RELEASE.slice(1)}`,
  ours: false,
  // Building it takes minutes.
  smoke: false,
  notes: NOTES,
  start: () =>
    start(
      'distribution-3',
      fromGo(`distribution-${RELEASE}`, `github.com/distribution/distribution/v3/cmd/registry@${RELEASE}`, 'registry'),
    ),
};

export const dockerRegistry2 = {
  id: 'docker-registry-2.8',
  title: 'docker-registry 2.8 (Debian)',
  ours: false,
  smoke: true,
  notes: NOTES,
  start: () => start('docker-registry-2.8', fromDebian('docker-registry', ['docker-registry'])),
};

async function start(id, obtaining) {
  const { program, missing } = await obtaining;
  if (missing) return { missing };
  const dataDirectory = dataDirectoryFor(id);
  const port = await freePort();
  const settings = join(dataDirectory, 'config.yml');
  writeFileSync(settings, configuration(dataDirectory, port));
  const server = await startServer({
    program,
    args: ['serve', settings],
    // Release 3 sends traces to a collector unless told not to, which would slow it down here.
    env: { OTEL_TRACES_EXPORTER: 'none' },
    dataDirectory,
    port,
    readyPath: '/v2/',
    readyMs: READY_MS,
  });
  return { server, credentials: null };
}

const configuration = (dataDirectory, port) => `version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  delete:
    enabled: true
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: ${join(dataDirectory, 'registry')}
http:
  addr: 127.0.0.1:${port}
`;
