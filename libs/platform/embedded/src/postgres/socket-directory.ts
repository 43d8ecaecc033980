import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { canReach, type Account } from '../processes/unprivileged-account.js';
import { giveTo } from './postgres-cluster.js';

/** `sun_path` holds 108 bytes on Linux, 104 on macOS, its closing NUL and `/.s.PGSQL.65535.lock` included. */
const LONGEST_FOLDER = 104 - 1 - '/.s.PGSQL.65535.lock'.length;
const PREFIX = 'entrepot-pg-';

/**
 * The folder of Postgres's Unix socket, 0700 and its account's: in `run`, or, where that path is too long or out of the account's reach,
 * a short one in the temporary folder, which a file in `run` remembers so that the next start can remove it after a crash.
 */
export class SocketDirectory {
  readonly path: string;
  private readonly note: string;

  constructor(run: string, account: Account | null) {
    this.note = noteIn(run);
    removeForgottenSocket(run);
    const own = join(run, 'pg');
    if (Buffer.byteLength(own) <= LONGEST_FOLDER && canReach(account, dirname(own))) {
      this.path = own;
      mkdirSync(own, { recursive: true, mode: 0o700 });
    } else {
      this.path = makeShort(account);
      writeFileSync(this.note, `${this.path}\n`);
    }
    chmodSync(this.path, 0o700);
    giveTo(account, this.path);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
    rmSync(this.note, { force: true });
  }
}

/** Removes the short folder that a run which was killed left in the temporary folder. */
export function removeForgottenSocket(run: string): void {
  const note = noteIn(run);
  if (!existsSync(note)) return;
  const forgotten = readFileSync(note, 'utf8').trim();
  // Only ever what `makeShort` can have made, whatever the file says by now.
  const isFolder = lstatSync(forgotten, { throwIfNoEntry: false })?.isDirectory();
  if (isFolder && basename(forgotten).startsWith(PREFIX)) rmSync(forgotten, { recursive: true, force: true });
  rmSync(note, { force: true });
}

const noteIn = (run: string) => join(run, 'postgres-socket');

function makeShort(account: Account | null): string {
  const fits = (folder: string) =>
    Buffer.byteLength(join(folder, `${PREFIX}123456`)) <= LONGEST_FOLDER && canReach(account, folder);
  return mkdtempSync(join([tmpdir(), '/tmp'].find(fits) ?? '/tmp', PREFIX));
}
