export {
  BlobCorrupt,
  BlobMissing,
  BlobStoreUnavailable,
  BlobTooLarge,
  BlobTooManyParts,
  DiskFull,
  ForeignBlobRecord,
} from './errors.js';
export {
  assertKey,
  blobKey,
  type BlobKeyParts,
  IDENTITY_KEY,
  parseBlobKey,
  registryPrefix,
  STORE_LAYOUT,
} from './keys.js';
export {
  type AppendOptions,
  type Appended,
  type BlobDeleter,
  type BlobLocation,
  type BlobReader,
  type BlobStore,
  type BlobWriter,
  type ByteRange,
  canListKeys,
  canMeasureFreeSpace,
  type FreeSpace,
  type JsonObject,
  type JsonValue,
  type KeyLister,
  type StoreIdentity,
  type WriterState,
} from './port.js';
export { FilesystemBlobStore, type FilesystemOptions } from './filesystem/filesystem.store.js';
