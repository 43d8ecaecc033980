import type { StoreIdentity } from '../port.js';

/** In which buckets the blobs of which registries are. */
export interface Places {
  /** The bucket that says whose store this is. */
  readonly root: string;
  /** The bucket of a blob. Throws `BlobStoreUnavailable` when it is not this installation's. */
  bucketFor(key: string): Promise<string>;
  /** The buckets that may hold keys that begin with `prefix`. One of which that can't be known goes to `skip`; without it, or when it throws, this fails. */
  bucketsFor(prefix: string, skip?: (bucket: string, error: unknown) => void): Promise<string[]>;
  /** Makes what has to be there before the store is used. */
  open(): Promise<void>;
  writeIdentity(identity: StoreIdentity): Promise<void>;
  prepareRegistry(registryId: string): Promise<void>;
  removeRegistry(registryId: string): Promise<void>;
}
