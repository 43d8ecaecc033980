import { BlobStoreUnavailable } from './errors.js';
import { FilesystemBlobStore } from './filesystem/filesystem.store.js';
import type { BlobStore } from './port.js';
import type { S3Options } from './s3/s3-options.js';
import { S3BlobStore } from './s3/s3.store.js';
import { type Member, SeveralBlobStores } from './several/several.store.js';

/** Which driver keeps bytes, and where. */
export type DriverPlace =
  { readonly driver: 'directory'; readonly root: string } | { readonly driver: 's3'; readonly options: S3Options };

/** Where new bytes go and, with `also`, where earlier ones are. `StorageConfig` of libs/platform/service makes one. */
export type BlobStorePlace = DriverPlace & { readonly also?: DriverPlace | undefined };

/** The blob store can't be used as it is: told at start, in one sentence for the operator. */
export class StorageRefused extends Error {
  override readonly name = 'StorageRefused';

  constructor(reason: string, options?: ErrorOptions) {
    super(`The blob store can't be used: ${reason}.`, options);
  }
}

/** Opens what was chosen: a driver, or several of them as one store. Throws `StorageRefused`. */
export async function openBlobStore(place: BlobStorePlace): Promise<BlobStore> {
  const first = await openDriver(place);
  return place.also === undefined ? first : SeveralBlobStores.of(first, await openDriver(place.also));
}

/** The one place that knows all drivers. */
async function openDriver(place: DriverPlace): Promise<Member> {
  try {
    if (place.driver === 's3') return await S3BlobStore.open(place.options);
    return await FilesystemBlobStore.open({ root: place.root });
  } catch (error) {
    if (error instanceof BlobStoreUnavailable) throw new StorageRefused(error.message, { cause: error });
    throw error;
  }
}
