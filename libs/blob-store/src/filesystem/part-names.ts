import { constants } from 'node:fs';
import { readdir, stat, unlink } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { BlobCorrupt } from '../errors.js';
import type { Directories } from './directories.js';
import type { IdentityFile } from './identity-file.js';
import type { WritableFile } from './part-file.js';
import type { Part } from './records.js';
import { codeOf } from './system-error.js';

/*
 * The files of one key, below `registries/<registry id>/blobs/<xx>/`:
 *
 *   <generation>.<n>             the n-th part, written by the first attempt at it
 *   <generation>.<n>-<random>    the n-th part, written by an attempt that found that name taken
 *   <generation>.contested       is there when a name of the second kind ever was
 *   <generation>.empty           the whole of a blob without bytes
 *
 * So tidying needs no listing of a directory of thousands, only a look for the marker: without it, no attempt but the kept ones can have
 * left anything, except at the next number. A kept name of the second kind says the same as the marker, which a late attempt at the number that became
 * free would not set again. A name is created with O_EXCL and never given to a second writer: overlapping attempts can't mix.
 */
const CONTESTED = 'contested';
export const EMPTY_PART: Part = { id: 'empty', size: 0 };

/** Opens a file, as `fs.promises.open` does. A test passes one whose files fail. */
export type OpenFile = (path: string, flags: number, mode: number) => Promise<WritableFile>;

export interface CreatedPart {
  readonly id: string;
  readonly file: WritableFile;
}

export class PartNames {
  constructor(
    private readonly root: string,
    private readonly directories: Directories,
    private readonly identity: IdentityFile,
    private readonly openFile: OpenFile,
  ) {}

  path(key: string, id: string): string {
    return join(this.root, `${key}.${id}`);
  }

  /** Makes the names of the key's files durable. */
  sync(key: string): Promise<void> {
    return this.directories.sync(this.#directory(key));
  }

  /** Creates the file of an attempt at part `number`, under a name that nobody else has. */
  async create(key: string, number: number): Promise<CreatedPart> {
    const first = String(number);
    try {
      return { id: first, file: await this.#open(key, first, constants.O_EXCL) };
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    await (await this.#open(key, CONTESTED, 0)).close();
    const id = `${number}-${randomBytes(8).toString('hex')}`;
    return { id, file: await this.#open(key, id, constants.O_EXCL) };
  }

  async createEmpty(key: string): Promise<void> {
    await (await this.#open(key, EMPTY_PART.id, 0)).close();
    await this.sync(key);
  }

  /** Throws `BlobMissing` or `BlobCorrupt` unless the files of `parts` are there in their full size. */
  async verify(key: string, parts: readonly Part[]): Promise<void> {
    for (const part of parts) {
      const { size } = await stat(this.path(key, part.id)).catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return this.identity.throwMissing(key, error);
        throw error;
      });
      if (size !== part.size) throw new BlobCorrupt(key, `part ${part.id} has ${size} bytes instead of ${part.size}`);
    }
  }

  /** False when there was no such file. */
  async remove(key: string, id: string): Promise<boolean> {
    try {
      await unlink(this.path(key, id));
      return true;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  /** Removes the file of an attempt that failed; and the marker that it left, when it was the last of the key: nobody else would. */
  async withdraw(key: string, id: string): Promise<void> {
    await this.remove(key, id);
    if (!id.includes('-')) return;
    const names = await readdir(this.#directory(key));
    const prefix = `${basename(key)}.`;
    if (!names.some((name) => name.startsWith(prefix) && name !== `${prefix}${CONTESTED}`))
      await this.remove(key, CONTESTED);
  }

  /** Removes what attempts outside `kept` left: at the next number, and anywhere when the key was contested. */
  async removeOthers(key: string, kept: readonly Part[]): Promise<void> {
    const ids = new Set(kept.map((part) => part.id));
    const next = String(ids.has(EMPTY_PART.id) ? 0 : kept.length);
    await this.remove(key, next);
    if (await this.#wasContested(key, kept)) await this.removeAll(key, ids);
  }

  /** Removes every file of the key but those with the ids in `kept`; the marker last, so that a crash in between is resumed. */
  async removeAll(key: string, kept: ReadonlySet<string> = new Set()): Promise<void> {
    const prefix = `${basename(key)}.`;
    const names = await readdir(this.#directory(key)).catch(async (error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
      await this.identity.assertStoreIsThere();
      return [];
    });
    for (const name of names) {
      const id = name.slice(prefix.length);
      if (name.startsWith(prefix) && id !== CONTESTED && !kept.has(id)) await this.remove(key, id);
    }
    await this.remove(key, CONTESTED);
  }

  async #wasContested(key: string, kept: readonly Part[]): Promise<boolean> {
    if (kept.some(({ id }) => id.includes('-'))) return true;
    return stat(this.path(key, CONTESTED)).then(
      () => true,
      () => false,
    );
  }

  #directory(key: string): string {
    return dirname(join(this.root, key));
  }

  async #open(key: string, id: string, exclusive: number): Promise<WritableFile> {
    const path = this.path(key, id);
    const directory = this.#directory(key);
    const flags = constants.O_WRONLY | constants.O_CREAT | exclusive;
    try {
      await this.directories.ensure(directory);
      return await this.openFile(path, flags, 0o600);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      // Somebody tidied up empty directories since we last looked, unless the store itself is gone.
      await this.identity.assertStoreIsThere();
      this.directories.forget(directory);
      await this.directories.ensure(directory);
      return this.openFile(path, flags, 0o600);
    }
  }
}
