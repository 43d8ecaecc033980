// Builds a client that is a Go program. One at a time: a build takes all cores by itself.
import { join } from 'node:path';
import { attempt, run } from '../command.mjs';
import { cached } from './cache.mjs';

const BUILD_SECONDS = 1200;

/** Installs one of `goClients` and answers the path of its program. Throws a sentence that says what is missing. */
export async function installGoClient({ name, module, version }, progress) {
  const check = (folder) => run(join(folder, name), ['version'], { seconds: 60 });
  const folder = await cached(`${name}-${version}`, (draft) => build(name, module, version, draft, progress), check);
  return join(folder, name);
}

async function build(name, module, version, draft, progress) {
  const go = await attempt('go', ['version'], {});
  if (go.code !== 0) throw new Error(`${name} is built from source and there is no Go here: install Go and try again.`);
  progress('building');
  await run('nice', ['-n', '10', 'go', 'install', '-trimpath', '-ldflags=-s', `${module}@${version}`], {
    env: { ...process.env, GOBIN: draft, CGO_ENABLED: '0', GOFLAGS: '' },
    seconds: BUILD_SECONDS,
  });
}
