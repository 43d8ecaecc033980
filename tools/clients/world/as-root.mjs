// docker's engine, podman and buildah mount file systems and therefore run as root here, by `sudo` where we are not.
import { attempt } from '../command.mjs';

const isRoot = () => process.getuid?.() === 0;

/** Throws a sentence that says what to do unless programs can be run as root without a question. */
export async function requireRoot() {
  if (isRoot()) return;
  const { code } = await attempt('sudo', ['-n', 'true']);
  if (code !== 0) throw new Error('needs root for its mounts: run this as root, or allow sudo without a password.');
}

/** The [program, args] that runs `program` as root in the environment `env`. */
export function asRoot(program, args, env) {
  if (isRoot()) return [program, args];
  const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  return ['sudo', ['-n', 'env', ...variables, program, ...args]];
}
