// npm test: installs, obtains and builds what is missing, then runs every test that needs no foreign client, and leaves nothing behind.
//   npm test                              everything
//   npm test -- --only unit               only that kind: unit, integration or e2e
//   npm test -- libs/oci -t digest        other words go to Jest
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { ensureNatsServer } from './nats-server.mjs';
import { node26 } from './node26.mjs';
import { endWithNpm } from './end-with-npm.mjs';
import { root } from './root.mjs';
import { ensureS3Servers } from './s3-servers.mjs';

await ensureInstalled();
await ensureBuilt();
const only = process.argv[process.argv.indexOf('--only') + 1];
const needsS3 = only !== 'unit';
const env = {
  ...process.env,
  ENTREPOT_NATS_SERVER: await ensureNatsServer(),
  ...(needsS3 ? await ensureS3Servers() : {}),
};
// The servers' library needs Node 26, and this file must run without. The channel tells it when we are gone, so that a `kill -9` of this
// process leaves no tests behind.
const child = spawn(node26(), [join(root, 'tools', 'test-run.mjs'), ...process.argv.slice(2)], {
  env,
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
// A terminal's Ctrl-C reaches the run by itself.
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
endWithNpm(child);
child.once('exit', (code) => process.exit(code ?? 1));
