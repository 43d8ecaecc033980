// A home folder of its own for one client and one principal, so that no client sees the credentials or the
// configuration of the machine, of another client or of another principal.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes `folder` a home and answers the environment for programs that run in it.
 * @param {object} base environment whose PATH and LD_LIBRARY_PATH are kept
 */
export function clientHome(folder, base = process.env) {
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  const kept = Object.fromEntries(
    ['PATH', 'LD_LIBRARY_PATH'].map((key) => [key, base[key]]).filter(([, value]) => value),
  );
  return {
    ...kept,
    HOME: folder,
    TMPDIR: temporary,
    XDG_CONFIG_HOME: join(folder, '.config'),
    XDG_RUNTIME_DIR: temporary,
    DOCKER_CONFIG: join(folder, '.docker'),
    LC_ALL: 'C.UTF-8',
    NO_PROXY: '127.0.0.1',
  };
}

/**
 * Like `clientHome`, with what podman, buildah and skopeo read: plain HTTP for `host` alone, storage under `storage`,
 * no signature policy.
 */
export function containersHome(folder, base, host, debianFolder, storage = folder) {
  const env = clientHome(folder, base);
  const config = join(folder, '.config', 'containers');
  mkdirSync(config, { recursive: true });
  const write = (name, text) => {
    writeFileSync(join(config, name), text);
    return join(config, name);
  };
  const credentials = join(folder, 'auth.json');
  if (!existsSync(credentials)) writeFileSync(credentials, '{}'); // podman refuses to run without the file that is named
  write('policy.json', JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  return {
    ...env,
    REGISTRY_AUTH_FILE: credentials,
    CONTAINERS_CONF: write('containers.conf', engineConfig(debianFolder, folder)),
    CONTAINERS_STORAGE_CONF: write('storage.conf', storageConfig(storage)),
    CONTAINERS_REGISTRIES_CONF: write(
      'registries.conf',
      `unqualified-search-registries=[]\n[[registry]]\nlocation="${host}"\ninsecure=true\n`,
    ),
    BUILDAH_ISOLATION: 'chroot',
  };
}

const storageConfig = (folder) =>
  `[storage]\ndriver="vfs"\nrunroot="${join(folder, 'run')}"\ngraphroot="${join(folder, 'root')}"\n`;

function engineConfig(debianFolder, folder) {
  const bin = (name) => JSON.stringify([join(debianFolder, 'usr/bin', name), join(debianFolder, 'usr/sbin', name)]);
  return [
    '[engine]',
    `conmon_path=${bin('conmon')}`,
    'cgroup_manager="cgroupfs"',
    'events_logger="none"',
    'runtime="runc"',
    '[engine.runtimes]',
    `runc=${bin('runc')}`,
    '[network]',
    `network_config_dir="${join(folder, 'net')}"`,
    '',
  ].join('\n');
}
