import { BlobStoreUnavailable } from './errors.js';
import { FilesystemBlobStore } from './filesystem/filesystem.store.js';
import type { BlobStore } from './port.js';
import type { S3Options } from './s3/s3-options.js';
import { S3BlobStore } from './s3/s3.store.js';

/** Which driver keeps the bytes, and where. `StorageConfig` of libs/platform/service makes one. */
export type BlobStorePlace =
  { readonly driver: 'directory'; readonly root: string } | { readonly driver: 's3'; readonly options: S3Options };

/** The blob store can't be used as it is: told at start, in one sentence for the operator. */
export class StorageRefused extends Error {
  override readonly name = 'StorageRefused';

  constructor(reason: string, options?: ErrorOptions) {
    super(`The blob store can't be used: ${reason}.`, options);
  }
}

/** Opens the chosen driver. This is the one place that knows all of them. Throws `StorageRefused`. */
export async function openBlobStore(place: BlobStorePlace): Promise<BlobStore> {
  try {
    if (place.driver === 's3') return await S3BlobStore.open(place.options);
    return await FilesystemBlobStore.open({ root: place.root });
  } catch (error) {
    if (error instanceof BlobStoreUnavailable) throw new StorageRefused(error.message, { cause: error });
    throw error;
  }
}
