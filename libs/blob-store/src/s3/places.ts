import type { StoreIdentity } from '../port.js';

/** In which buckets the blobs of which registries are. */
export interface Places {
  /** The bucket that says whose store this is. */
  readonly root: string;
  /** The bucket of a blob. Throws `BlobStoreUnavailable` when it is not this installation's. */
  bucketFor(key: string): Promise<string>;
  /** The buckets that may hold keys that begin with `prefix`. */
  bucketsFor(prefix: string): Promise<string[]>;
  /** Makes what has to be there before the store is used. */
  open(): Promise<void>;
  writeIdentity(identity: StoreIdentity): Promise<void>;
  prepareRegistry(registryId: string): Promise<void>;
  removeRegistry(registryId: string): Promise<void>;
}
