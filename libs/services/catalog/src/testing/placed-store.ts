import type {
  BlobStore,
  KeyLister,
  RegistryPlaces,
  StoreIdentity,
  UnfinishedWrite,
  UnfinishedWrites,
} from '@entrepot/blob-store';
import { BlobStoreUnavailable } from '@entrepot/blob-store';

/** A store in memory with a place for each registry and writes that were never ended; it can be away. */
export class PlacedStore implements KeyLister, RegistryPlaces, UnfinishedWrites {
  readonly places = new Set<string>();
  unfinished: UnfinishedWrite[] = [];
  away = false;
  /** Fails with this when all that is in `unfinished` was listed, as when a bucket refuses. */
  refusal: Error | null = null;
  /** What the making of places waits for. */
  slow: Promise<unknown> = Promise.resolve();
  identityRecord: StoreIdentity | null = null;
  keys: string[] = [];

  get store(): BlobStore {
    return this as unknown as BlobStore;
  }

  async identity(): Promise<StoreIdentity | null> {
    this.#answer();
    return this.identityRecord;
  }

  async writeIdentity(identity: StoreIdentity): Promise<void> {
    this.#answer();
    this.identityRecord = identity;
  }

  async prepareRegistry(registryId: string): Promise<void> {
    await this.slow;
    this.#answer();
    this.places.add(registryId);
  }

  async removeRegistry(registryId: string): Promise<void> {
    this.#answer();
    this.places.delete(registryId);
  }

  async *listKeys(prefix: string): AsyncGenerator<string> {
    this.#answer();
    yield* this.keys.filter((key) => key.startsWith(prefix));
  }

  async *listUnfinished(): AsyncGenerator<UnfinishedWrite> {
    this.#answer();
    yield* [...this.unfinished];
    if (this.refusal) throw this.refusal;
  }

  async abortUnfinished({ id }: UnfinishedWrite): Promise<void> {
    this.unfinished = this.unfinished.filter((write) => write.id !== id);
  }

  async abort(): Promise<void> {
    this.#answer();
  }

  async delete(): Promise<void> {
    this.#answer();
  }

  #answer(): void {
    if (this.away) throw new BlobStoreUnavailable('the object store does not answer', true);
  }
}
