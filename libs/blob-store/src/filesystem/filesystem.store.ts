import { mkdir, open, statfs, unlink } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { assertKey } from '../keys.js';
import type {
  AppendOptions,
  Appended,
  BlobFile,
  BlobLocation,
  BlobOpener,
  BlobStore,
  ByteRange,
  FreeSpace,
  JsonObject,
  KeyLister,
  RecordOwner,
  StoreIdentity,
  WriterState,
} from '../port.js';
import { Attempt } from './attempt.js';
import { Directories, fsyncDirectory, type SyncDirectory } from './directories.js';
import { FreshStates } from './fresh-states.js';
import { IdentityFile, writeDurably } from './identity-file.js';
import { listKeys } from './list-keys.js';
import { EMPTY_PART, type OpenFile, PartNames } from './part-names.js';
import { PartsFile } from './parts-file.js';
import { type Origin, readSlices } from './parts-reader.js';
import { type FilesystemLocation, parseLocation, parseState, type Part } from './records.js';
import { slicesOf } from './slices.js';
import { onDisk } from './system-error.js';

export interface FilesystemOptions {
  /** The store's directory; made when it is absent. Best a mount of its own. */
  readonly root: string;
  /** Opens files for writing; another than the system's only in tests. */
  readonly openFile?: OpenFile;
  /** Makes a directory's entries durable; another than fsync only in tests. */
  readonly syncDirectory?: SyncDirectory;
}

/** Keeps blobs as files of a directory. Several processes may share it, over a network file system with O_EXCL too. */
export class FilesystemBlobStore implements BlobStore, BlobOpener, FreeSpace, KeyLister, RecordOwner {
  readonly driver = 'directory';
  readonly #names: PartNames;
  readonly #identity: IdentityFile;
  readonly #fresh = new FreshStates();

  private constructor(
    private readonly root: string,
    openFile: OpenFile,
    syncDirectory: SyncDirectory,
  ) {
    const directories = new Directories(root, syncDirectory);
    this.#identity = new IdentityFile(root, directories);
    this.#names = new PartNames(root, directories, this.#identity, openFile);
  }

  /** Throws `BlobStoreUnavailable` when the directory can't be made. */
  static async open({
    root,
    openFile = open,
    syncDirectory = fsyncDirectory,
  }: FilesystemOptions): Promise<FilesystemBlobStore> {
    const path = resolve(root);
    await onDisk(() => mkdir(path, { recursive: true, mode: 0o700 }));
    return new FilesystemBlobStore(path, openFile, syncDirectory);
  }

  owns(record: JsonObject): boolean {
    return Array.isArray(record['parts']);
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
    const part = await new Attempt(this.#names, key, before.parts.length, options).run(bytes);
    if (!part) return { state, written: 0 };
    const after = { parts: [...before.parts, part], size: before.size + part.size };
    this.#fresh.add(key, after);
    return { state: after, written: part.size };
  }

  commit(key: string, state: WriterState): Promise<BlobLocation> {
    return keyed(key, async () => {
      const { parts } = parseState(state);
      const kept = parts.length > 0 ? parts : [EMPTY_PART];
      if (parts.length === 0) await this.#names.createEmpty(key);
      // The part that this process wrote and synced a moment ago needs no look.
      const unseen = this.#fresh.take(key, state) ? kept.slice(0, -1) : kept;
      await this.#names.verify(key, unseen);
      const location: FilesystemLocation = { key, parts: kept };
      return location;
    });
  }

  tidy(location: BlobLocation): Promise<void> {
    return onDisk(async () => {
      const { key, parts } = parseLocation(location);
      await this.#names.removeOthers(key, parts);
    });
  }

  abort(key: string): Promise<void> {
    return this.deleteKey(key);
  }

  read(location: BlobLocation, range?: ByteRange): Promise<Readable> {
    return onDisk(async () => {
      const { key, parts } = parseLocation(location);
      return this.#read(key, parts, range);
    });
  }

  openFile(location: BlobLocation): Promise<BlobFile> {
    return onDisk(async () => {
      const { key, parts } = parseLocation(location);
      return PartsFile.open(this.#origin(key), parts, (part) => this.#names.path(key, part.id));
    });
  }

  readState(key: string, state: WriterState): Promise<Readable> {
    return keyed(key, async () => this.#read(key, parseState(state).parts));
  }

  delete(location: BlobLocation): Promise<void> {
    return onDisk(async () => {
      const { key, parts } = parseLocation(location);
      // Others first, the first part last: a crash in between leaves something that the same call finds again.
      await this.#names.removeOthers(key, parts);
      for (const part of parts.toReversed()) {
        const found = await this.#names.remove(key, part.id);
        if (!found) await this.#identity.assertStoreIsThere();
      }
    });
  }

  deleteKey(key: string): Promise<void> {
    return keyed(key, () => {
      this.#fresh.forget(key);
      return this.#names.removeAll(key);
    });
  }

  async checkWritable(): Promise<void> {
    const path = join(this.root, `probe-${randomBytes(8).toString('hex')}`);
    await onDisk(async () => {
      await this.#identity.assertStoreIsThere();
      await writeDurably(path, Buffer.from('probe\n'));
      await unlink(path);
    });
  }

  identity(): Promise<StoreIdentity | null> {
    return onDisk(() => this.#identity.read());
  }

  writeIdentity(identity: StoreIdentity): Promise<void> {
    return onDisk(() => this.#identity.write(identity));
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

  #read(key: string, parts: readonly Part[], range?: ByteRange): Promise<Readable> {
    const slices = slicesOf(parts, (part) => this.#names.path(key, part.id), range);
    return readSlices(this.#origin(key), slices);
  }

  #origin(key: string): Origin {
    return { key, throwMissing: (cause) => this.#identity.throwMissing(key, cause) };
  }
}

async function keyed<T>(key: string, operation: () => Promise<T>): Promise<T> {
  assertKey(key);
  return onDisk(operation);
}
