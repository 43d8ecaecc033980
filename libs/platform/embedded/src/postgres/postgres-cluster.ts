import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import type { Account } from '../processes/unprivileged-account.js';
import { StartRefusedError } from '../start-refused.error.js';
import type { PostgresBinaries } from './postgres-binaries.js';

/** The superuser of the cluster. Only this library logs in with it. */
export const ADMIN_ROLE = 'entrepot_admin';

/** How a Postgres program is started so that it works in the cluster's folder. */
export interface ClusterRun {
  /** What to pass as `-D`. */
  readonly dataPath: string;
  readonly options: { cwd: string; env: NodeJS.ProcessEnv; uid?: number; gid?: number };
}

/**
 * As root, Postgres runs as another account, which may not be able to walk to the cluster's folder (a clone below /root). We can, and the
 * working directory is kept over the change of account, so Postgres gets the folder as `/proc/self/cwd`, which needs no walk.
 */
export function clusterRun(folder: string, account: Account | null): ClusterRun {
  // Nothing of our environment: it may hold secrets, and PG* variables would change what the programs do.
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  if (!account) return { dataPath: folder, options: { cwd: folder, env } };
  return {
    dataPath: process.platform === 'linux' ? '/proc/self/cwd' : folder,
    options: { cwd: folder, env, ...account },
  };
}

/** The major version (as in `18`) of the cluster in the folder, or null when there is none. */
export function clusterMajor(folder: string): string | null {
  const file = join(folder, 'PG_VERSION');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

/**
 * Makes the cluster in `folder` unless it is there. It is made beside and renamed when whole, so a crash in the middle leaves nothing that
 * looks like a cluster.
 *
 * @param workFolder a folder that the account may enter, for the password on its way
 * @throws StartRefusedError when the cluster there is of another major version.
 */
export async function ensureCluster(
  folder: string,
  workFolder: string,
  binaries: PostgresBinaries,
  account: Account | null,
  adminPassword: string,
): Promise<void> {
  finishUpgrade(folder);
  const found = clusterMajor(folder);
  if (found === binaries.major) return;
  if (found !== null) {
    throw new StartRefusedError(
      `The database in ${folder} was written by Postgres ${found} and this Entrepot brings Postgres ${binaries.major}: run "npm start -- --upgrade-database", which keeps the old one beside it.`,
    );
  }
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  giveTo(account, unfinished);
  await initdb(unfinished, workFolder, binaries, account, adminPassword);
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
}

/** Where an upgrade builds the new data directory beside the old cluster, and the file that says that it is whole. */
export const UPGRADE_FOLDER = 'upgrade';
export const UPGRADE_COMPLETE = 'complete';

/** An upgrade puts the old cluster aside, then the new one in its place: a crash between the two must not look like a first start. */
function finishUpgrade(folder: string): void {
  const upgrade = join(folder, '..', UPGRADE_FOLDER);
  const upgraded = join(upgrade, 'postgres');
  if (existsSync(folder) || !existsSync(join(upgrade, UPGRADE_COMPLETE)) || !existsSync(upgraded)) return;
  renameSync(upgraded, folder);
}

async function initdb(
  folder: string,
  workFolder: string,
  binaries: PostgresBinaries,
  account: Account | null,
  adminPassword: string,
): Promise<void> {
  const passwordFile = join(workFolder, 'initial-password');
  writeFileSync(passwordFile, `${adminPassword}\n`, { mode: 0o600 });
  giveTo(account, passwordFile);
  const { dataPath, options } = clusterRun(folder, account);
  try {
    const child = spawn(
      binaries.initdb,
      [
        `--pgdata=${dataPath}`,
        `--username=${ADMIN_ROLE}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // Names sort by code point, the same on every machine and in every release of its C library.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
      ],
      { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let complaint = '';
    // Bounded: initdb says one line or two, whatever happens.
    child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2000)));
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    if (code !== 0) {
      throw new StartRefusedError(
        `Postgres can't make its database in ${folder}: ${complaint.trim() || signal || code}`,
      );
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Makes the account the owner. */
export function giveTo(account: Account | null, path: string): void {
  if (account) chownSync(path, account.uid, account.gid);
}
