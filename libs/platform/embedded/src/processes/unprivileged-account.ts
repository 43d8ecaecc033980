import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartRefusedError } from '../start-refused.error.js';

/** The account that a child process runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The account to run Postgres as, which refuses to run as root. Null: our own account is good. As root it is the owner of the data, if
 * there is data that isn't root's, else `nobody`.
 */
export function unprivilegedAccount(dataFolder: string, passwd = '/etc/passwd'): Account | null {
  if (process.getuid?.() !== 0) return null;
  const owner = statSync(dataFolder, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const line = readFileSync(passwd, 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (!uid || !gid || Number(uid) === 0) {
    throw new StartRefusedError(
      `Postgres does not run as root and ${passwd} names no account "nobody" to run it as: start Entrepot as another user.`,
    );
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/** May the account walk to `path` and read what is there? Looks at the mode bits of the path and of every folder above it. */
export function canReach(account: Account | null, path: string): boolean {
  if (!account) return true;
  for (let folder = path; ; folder = dirname(folder)) {
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (!stat) return false;
    const bits = stat.uid === account.uid ? stat.mode >> 6 : stat.gid === account.gid ? stat.mode >> 3 : stat.mode;
    if ((bits & 0o1) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
