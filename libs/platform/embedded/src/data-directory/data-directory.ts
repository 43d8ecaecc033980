import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartRefusedError } from '../start-refused.error.js';
import { secretFile } from './secret-file.js';

/** SQLITE_BUSY: another process holds the lock. */
const BUSY = 5;

/**
 * Everything that one installation keeps on this machine:
 *
 *     <data directory>/
 *     ├── postgres/   the Postgres cluster; belongs to the account that runs Postgres
 *     ├── nats/       nats-server: its configuration (0600) and JetStream's streams
 *     ├── blobs/      the bytes of blobs, where the filesystem driver is used
 *     ├── tools/      programs that were obtained, as nats-server
 *     ├── run/        means something only while we run: lock, owner, ports, sockets
 *     └── secrets/    one secret per file, 0600: database and bus passwords, the root access key
 *
 * Only this class makes paths in it.
 */
export class DataDirectory {
  readonly path: string;
  readonly postgres: string;
  readonly nats: string;
  readonly blobs: string;
  readonly tools: string;
  readonly run: string;
  readonly secrets: string;

  private constructor(
    path: string,
    private lockFile: DatabaseSync | null = null,
  ) {
    this.path = resolve(path);
    this.postgres = join(this.path, 'postgres');
    this.nats = join(this.path, 'nats');
    this.blobs = join(this.path, 'blobs');
    this.tools = join(this.path, 'tools');
    this.run = join(this.path, 'run');
    this.secrets = join(this.path, 'secrets');
  }

  /**
   * Makes the folders that are missing and takes the directory for this process. The lock is the operating system's (on `run/lock`, taken
   * through SQLite, since Node itself has no file lock), so it ends with its process however that ends: there is no stale lock.
   *
   * @throws StartRefusedError when another process has the directory, or it can't be written.
   */
  static lock(path: string): DataDirectory {
    const directory = new DataDirectory(path);
    directory.makeFolders();
    directory.takeLock();
    return directory;
  }

  /** The paths only, for a process that works beside the one that holds the lock. Makes and checks nothing. */
  static at(path: string): DataDirectory {
    return new DataDirectory(path);
  }

  /** Gives the directory back. */
  unlock(): void {
    this.lockFile?.close();
    this.lockFile = null;
  }

  /** The secret called `name`, made on first use. */
  secret(name: string): string {
    return secretFile(this.secretPath(name));
  }

  /** Path of the 0600 file that holds the secret called `name`. */
  secretPath(name: string): string {
    if (!/^[a-z0-9][a-z0-9_-]*$/.test(name)) throw new TypeError(`"${name}" can't be the name of a secret`);
    return join(this.secrets, name);
  }

  private makeFolders(): void {
    try {
      makePath(this.path);
      // Postgres's account must be able to walk through `run` to its socket; nobody else has business in the others.
      mkdirSync(this.run, { recursive: true });
      for (const folder of [this.nats, this.blobs]) mkdirSync(folder, { recursive: true, mode: 0o700 });
      mkdirSync(this.secrets, { recursive: true, mode: 0o700 });
      chmodSync(this.secrets, 0o700);
      for (const folder of [this.path, this.nats, this.blobs, this.run, this.secrets]) {
        accessSync(folder, constants.W_OK | constants.X_OK);
      }
    } catch (error) {
      throw this.notWritable(error);
    }
  }

  private takeLock(): void {
    const owner = join(this.run, 'owner');
    try {
      const file = new DatabaseSync(join(this.run, 'lock'), { timeout: 0 });
      this.lockFile = file;
      file.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      writeFileSync(owner, `${process.pid}\n`);
    } catch (error) {
      this.unlock();
      if ((error as { errcode?: number }).errcode !== BUSY) throw this.notWritable(error);
      throw new StartRefusedError(
        `The data directory ${this.path} is in use by another running Entrepot (process ${readOwner(owner)}): stop that one, or set ENTREPOT_DATA_DIR to another directory.`,
      );
    }
  }

  private notWritable(cause: unknown): StartRefusedError {
    const { code, message } = cause as NodeJS.ErrnoException;
    return new StartRefusedError(
      `The data directory ${this.path} can't be written (${code ?? message}): give this user write access to it, or set ENTREPOT_DATA_DIR to another directory.`,
      { cause },
    );
  }
}

function readOwner(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

// Not `recursive`: where a filesystem answers ENOENT though the parent is there, as /proc does, Node tries for ever.
function makePath(path: string): void {
  if (existsSync(path)) return;
  makePath(dirname(path));
  mkdirSync(path);
}
