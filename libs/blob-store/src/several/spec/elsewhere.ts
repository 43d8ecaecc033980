import type { Readable } from 'node:stream';
import { FilesystemBlobStore } from '../../filesystem/filesystem.store.js';
import type {
  AppendOptions,
  Appended,
  BlobLocation,
  BlobStore,
  ByteRange,
  JsonObject,
  KeyLister,
  RecordOwner,
  RegistryPlaces,
  StoreIdentity,
  UnfinishedWrite,
  UnfinishedWrites,
  WriterState,
} from '../../port.js';

/** A driver whose records are of another form than a directory's, with places and unfinished writes, and without files to open. */
export class Elsewhere implements BlobStore, RecordOwner, KeyLister, RegistryPlaces, UnfinishedWrites {
  readonly driver = 'elsewhere';
  readonly places = new Set<string>();
  unfinished: UnfinishedWrite[] = [];

  private constructor(private readonly inner: FilesystemBlobStore) {}

  static async open(root: string): Promise<Elsewhere> {
    return new Elsewhere(await FilesystemBlobStore.open({ root }));
  }

  owns(record: JsonObject): boolean {
    return 'elsewhere' in record;
  }

  async begin(key: string): Promise<WriterState> {
    return { elsewhere: await this.inner.begin(key) };
  }

  async append(
    key: string,
    state: WriterState,
    bytes: Readable | AsyncIterable<Uint8Array>,
    options: AppendOptions,
  ): Promise<Appended> {
    const appended = await this.inner.append(key, inside(state), bytes, options);
    return { ...appended, state: { elsewhere: appended.state } };
  }

  async commit(key: string, state: WriterState): Promise<BlobLocation> {
    return { elsewhere: await this.inner.commit(key, inside(state)) };
  }

  async tidy(location: BlobLocation): Promise<void> {
    return this.inner.tidy(inside(location));
  }

  abort(key: string): Promise<void> {
    return this.inner.abort(key);
  }

  async read(location: BlobLocation, range?: ByteRange): Promise<Readable> {
    return this.inner.read(inside(location), range);
  }

  async readState(key: string, state: WriterState): Promise<Readable> {
    return this.inner.readState(key, inside(state));
  }

  async delete(location: BlobLocation): Promise<void> {
    return this.inner.delete(inside(location));
  }

  deleteKey(key: string): Promise<void> {
    return this.inner.deleteKey(key);
  }

  checkWritable(): Promise<void> {
    return this.inner.checkWritable();
  }

  identity(): Promise<StoreIdentity | null> {
    return this.inner.identity();
  }

  writeIdentity(identity: StoreIdentity): Promise<void> {
    return this.inner.writeIdentity(identity);
  }

  listKeys(prefix: string): AsyncIterable<string> {
    return this.inner.listKeys(prefix);
  }

  async prepareRegistry(registryId: string): Promise<void> {
    this.places.add(registryId);
  }

  async removeRegistry(registryId: string): Promise<void> {
    this.places.delete(registryId);
  }

  async *listUnfinished(): AsyncIterable<UnfinishedWrite> {
    yield* [...this.unfinished];
  }

  async abortUnfinished({ id }: UnfinishedWrite): Promise<void> {
    this.unfinished = this.unfinished.filter((write) => write.id !== id);
  }
}

function inside(record: JsonObject): JsonObject {
  return (record['elsewhere'] ?? {}) as JsonObject;
}
