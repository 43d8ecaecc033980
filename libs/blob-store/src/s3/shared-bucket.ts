import { registryPrefix } from '../keys.js';
import type { StoreIdentity } from '../port.js';
import { writeIdentity } from './bucket-identity.js';
import type { Places } from './places.js';
import type { Removal } from './removal.js';
import type { S3Wire } from './s3-wire.js';

/** One bucket for all registries, made by the operator. Keys begin with their registry's prefix. */
export class SharedBucket implements Places {
  constructor(
    readonly root: string,
    private readonly wire: S3Wire,
    private readonly removal: () => Removal,
  ) {}

  async open(): Promise<void> {
    // A wrong name must not become a new bucket.
  }

  bucketFor(): Promise<string> {
    return Promise.resolve(this.root);
  }

  bucketsFor(): Promise<string[]> {
    return Promise.resolve([this.root]);
  }

  writeIdentity(identity: StoreIdentity): Promise<void> {
    return writeIdentity(this.wire, this.root, identity);
  }

  async prepareRegistry(registryId: string): Promise<void> {
    // Only refuses what can't be a registry's id: a prefix needs no making.
    registryPrefix(registryId);
  }

  removeRegistry(registryId: string): Promise<void> {
    return this.removal().removeAll(this.root, registryPrefix(registryId));
  }
}
