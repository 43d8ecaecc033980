import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, stat, statfs, unlink } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { BlobStoreUnavailable, BlobTooLarge, BlobTooManyParts } from '../errors.js';
import { decodeIdentity, encodeIdentity, MAX_IDENTITY_BYTES } from '../identity.js';
import { assertKey, IDENTITY_KEY } from '../keys.js';
import type {
  AppendOptions,
  Appended,
  BlobLocation,
  BlobStore,
  ByteRange,
  FreeSpace,
  KeyLister,
  StoreIdentity,
  WriterState,
} from '../port.js';
import { Directories } from './directories.js';
import { listKeys } from './list-keys.js';
import { PartFile } from './part-file.js';
import { type CreatedPart, EMPTY_PART, type OpenFile, PartNames } from './part-names.js';
import { readSlices } from './parts-reader.js';
import { type FilesystemLocation, parseLocation, parseState, type Part } from './records.js';
import { slicesOf } from './slices.js';
import { drain } from './source.js';
import { codeOf, onDisk } from './system-error.js';

/** The same bound as S3's, so that a client that works with one store works with the other. */
const MAX_PARTS = 10_000;

export interface FilesystemOptions {
  /** The store's directory; made when it is absent. Best a mount of its own. */
  readonly root: string;
  /** Opens files for writing; another than the system's only in tests. */
  readonly openFile?: OpenFile;
}

/** Keeps blobs as files of a directory. Several processes may share it, over a network file system with O_EXCL too. */
export class FilesystemBlobStore implements BlobStore, FreeSpace, KeyLister {
  readonly #names: PartNames;
  readonly #directories: Directories;

  private constructor(
    private readonly root: string,
    openFile: OpenFile,
  ) {
    this.#directories = new Directories(root);
    this.#names = new PartNames(root, this.#directories, openFile);
  }

  /** Throws `BlobStoreUnavailable` when the directory can't be made. */
  static async open({ root, openFile = open }: FilesystemOptions): Promise<FilesystemBlobStore> {
    const path = resolve(root);
    await onDisk(() => mkdir(path, { recursive: true, mode: 0o700 }));
    return new FilesystemBlobStore(path, openFile);
  }

  begin(key: string): Promise<WriterState> {
    return keyed(key, async () => ({ parts: [], size: 0 }));
  }

  // Not wrapped as the others are: an error of the source is the caller's, and a socket's looks like one of the disk.
  async append(
    key: string,
    state: WriterState,
    bytes: Readable | AsyncIterable<Uint8Array>,
    options: AppendOptions,
  ): Promise<Appended> {
    assertKey(key);
    const before = parseState(state);
    const part = await this.#write(key, before.parts.length, bytes, options);
    if (!part) return { state, written: 0 };
    const after = { parts: [...before.parts, part], size: before.size + part.size };
    return { state: after, written: part.size };
  }

  commit(key: string, state: WriterState): Promise<BlobLocation> {
    return keyed(key, async () => {
      const { parts } = parseState(state);
      const kept = parts.length > 0 ? parts : [EMPTY_PART];
      if (parts.length === 0) await this.#names.createEmpty(key);
      await this.#names.verify(key, kept);
      await this.#names.removeOthers(key, kept);
      const location: FilesystemLocation = { key, parts: kept };
      return location;
    });
  }

  abort(key: string): Promise<void> {
    return this.deleteKey(key);
  }

  read(location: BlobLocation, range?: ByteRange): Promise<Readable> {
    return onDisk(async () => {
      const { key, parts } = parseLocation(location);
      return readSlices(key, this.#slices(key, parts, range));
    });
  }

  readState(key: string, state: WriterState): Promise<Readable> {
    return keyed(key, async () => readSlices(key, this.#slices(key, parseState(state).parts)));
  }

  delete(location: BlobLocation): Promise<void> {
    return onDisk(async () => {
      const { key, parts } = parseLocation(location);
      // Others first, the first part last: a crash in between leaves something that the same call finds again.
      await this.#names.removeOthers(key, parts);
      for (const part of parts.toReversed()) await this.#names.remove(key, part.id);
    });
  }

  deleteKey(key: string): Promise<void> {
    return keyed(key, () => this.#names.removeAll(key));
  }

  async checkWritable(): Promise<void> {
    const path = join(this.root, `probe-${randomBytes(8).toString('hex')}`);
    await onDisk(async () => {
      await this.#putFile(path, Buffer.from('probe\n'));
      await unlink(path);
    });
  }

  async identity(): Promise<StoreIdentity | null> {
    const path = join(this.root, IDENTITY_KEY);
    return onDisk(async () => {
      try {
        if ((await stat(path)).size > MAX_IDENTITY_BYTES) {
          throw new BlobStoreUnavailable('the identity record of the store is not one of ours', false);
        }
        return decodeIdentity(await readFile(path));
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return null;
        throw error;
      }
    });
  }

  async writeIdentity(identity: StoreIdentity): Promise<void> {
    const path = join(this.root, IDENTITY_KEY);
    const draft = `${path}.${randomBytes(8).toString('hex')}`;
    await onDisk(async () => {
      await this.#putFile(draft, encodeIdentity(identity));
      await rename(draft, path);
      await this.#directories.sync(this.root);
    });
  }

  freeBytes(): Promise<number> {
    return onDisk(async () => {
      const { bavail, bsize } = await statfs(this.root);
      return bavail * bsize;
    });
  }

  listKeys(prefix: string): AsyncIterable<string> {
    return listKeys(this.root, prefix);
  }

  #slices(key: string, parts: readonly Part[], range?: ByteRange): ReturnType<typeof slicesOf> {
    return slicesOf(parts, (part) => this.#names.path(key, part.id), range);
  }

  /** One attempt: its own file, durable when this resolves, gone when it fails. Null when the source was empty. */
  async #write(
    key: string,
    number: number,
    bytes: Readable | AsyncIterable<Uint8Array>,
    { limit, signal, onChunk }: AppendOptions,
  ): Promise<Part | null> {
    let written = 0;
    let created: CreatedPart | null = null;
    const file = new PartFile(async () => {
      if (number >= MAX_PARTS) throw new BlobTooManyParts(key, MAX_PARTS);
      created = await onDisk(() => this.#names.create(key, number));
      return created.file;
    });
    try {
      await drain(bytes, signal, (chunk) => {
        if (chunk.length === 0) return undefined;
        written += chunk.length;
        if (written > limit) throw new BlobTooLarge(key, limit);
        onChunk?.(chunk);
        return file.add(chunk);
      });
      await file.finish();
      const { id } = (created ?? {}) as Partial<CreatedPart>;
      if (id === undefined) return null;
      await onDisk(() => this.#directories.sync(this.#names.directory(key)));
      return { id, size: written };
    } catch (error) {
      await file.discard();
      const { id } = (created ?? {}) as Partial<CreatedPart>;
      if (id !== undefined) await this.#names.remove(key, id).catch(() => undefined);
      throw error;
    }
  }

  async #putFile(path: string, bytes: Buffer): Promise<void> {
    const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

async function keyed<T>(key: string, operation: () => Promise<T>): Promise<T> {
  assertKey(key);
  return onDisk(operation);
}
