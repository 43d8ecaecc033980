import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Suite } from '@entrepot/testing';

const NEEDED =
  'not tested: what happens when the disk is full. This test fills a file system of its own: it needs root, or user namespaces (`unshare --user --map-root-user --mount` must work for this account; on some systems: sysctl kernel.unprivileged_userns_clone=1, or kernel.apparmor_restrict_unprivileged_userns=0)';

/** A data directory whose blobs are on a file system of their own, in memory, of a given size. It is gone with the suite's last process. */
export class SmallDisk {
  readonly dataDirectory: string;
  /** To start the suite within: a mount namespace in which the file system is there. */
  readonly within: readonly string[];

  /** Why there can be none on this machine, in a sentence; null where there can. Never asked in CI, where it must be. */
  static whyNot(): string | null {
    try {
      requireNamespace([...namespace(), 'mount -t tmpfs -o size=4096 tmpfs /mnt', 'sh']);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  constructor(bytes: number) {
    this.dataDirectory = mkdtempSync(join(tmpdir(), 'entrepot-small-disk-'));
    chmodSync(this.dataDirectory, 0o755);
    const blobs = join(this.dataDirectory, 'blobs');
    mkdirSync(blobs, { mode: 0o700 });
    this.within = [
      ...namespace(),
      `mount -t tmpfs -o size=${bytes},mode=700 tmpfs '${blobs}' && exec ${own()} "$@"`,
      'sh',
    ];
    try {
      requireNamespace([...this.within, 'true']);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Bytes that are left. */
  free(suite: Suite): number {
    const { bavail, bsize } = statfsSync(this.#seen(suite));
    return bavail * bsize;
  }

  /** Names of the files of blobs, with their sizes. */
  files(suite: Suite): Record<string, number> {
    const entries = readdirSync(this.#seen(suite), { recursive: true, withFileTypes: true }).filter((it) =>
      it.isFile(),
    );
    return Object.fromEntries(
      entries
        .map((it) => [it.name, statSync(join(it.parentPath, it.name)).size] as const)
        .filter(([name]) => name !== BALLAST),
    );
  }

  /** Takes room, as others on the same disk do, until about `left` bytes are left. Null: gives it back. */
  ballast(suite: Suite, left: number | null): void {
    const file = join(this.#seen(suite), BALLAST);
    rmSync(file, { force: true });
    if (left !== null) writeFileSync(file, Buffer.alloc(Math.max(0, this.free(suite) - left)));
  }

  remove(): void {
    rmSync(this.dataDirectory, { recursive: true, force: true });
  }

  /** The file system is seen by the suite's processes only: through one of them. */
  #seen(suite: Suite): string {
    return join(`/proc/${suite.pid}/root`, this.dataDirectory, 'blobs');
  }
}

const BALLAST = 'somebody-elses-file';

/** As root a mount namespace will do; others get one in which they may mount, in a user namespace of their own. */
function namespace(): string[] {
  return process.getuid?.() === 0
    ? ['unshare', '--mount', 'sh', '-c']
    : ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c'];
}

/** Back to who we are: Postgres does not run as root, not even as one that only seems so. */
function own(): string {
  const [user, group] = [process.getuid?.(), process.getgid?.()];
  return user === 0 ? '' : `unshare --user --map-user=${user} --map-group=${group}`;
}

function requireNamespace(words: readonly string[]): void {
  const [program = '', ...args] = words;
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${NEEDED}\n${error?.message ?? stderr}`);
}
