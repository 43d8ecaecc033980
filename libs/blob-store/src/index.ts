export {
  BlobCorrupt,
  BlobMissing,
  BlobStoreUnavailable,
  BlobTooLarge,
  BlobTooManyParts,
  DiskFull,
  ForeignBlobRecord,
  isUnreadable,
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
  type BlobFile,
  type BlobLocation,
  type BlobOpener,
  type BlobPump,
  type BlobReader,
  type BlobStore,
  type BlobWriter,
  type ByteRange,
  canListKeys,
  canListUnfinished,
  canMeasureFreeSpace,
  canOpenFile,
  canPresign,
  canPump,
  type FreeSpace,
  type JsonObject,
  type JsonValue,
  type KeyLister,
  hasRegistryPlaces,
  membersOf,
  type PieceTaker,
  type PresignRequest,
  type Presigner,
  type RecordOwner,
  type RegistryPlaces,
  type StoreIdentity,
  type StoreMembers,
  type UnfinishedWrite,
  type UnfinishedWrites,
  type WriterState,
} from './port.js';
export { type BlobStorePlace, type DriverPlace, openBlobStore, StorageRefused } from './open-blob-store.js';
export { FilesystemBlobStore, type FilesystemOptions } from './filesystem/filesystem.store.js';
export type { RegistryKey, RegistryKeys } from './sealed/registry-keys.js';
export { decryptBlob } from './sealed/decrypt-blob.js';
export { describeLocation, type Seal } from './sealed/records.js';
export { type StoredRecord, storedRecordOf, storedStateOf, withStoredRecord } from './sealed/stored-record.js';
export { sealByKeys } from './sealed/seal-by-keys.js';
export { RunningDigest, type RunningDigestAlgorithm } from './sealed/running-digest.js';
export { type SealedAppendOptions, SealedBlobStore, type SealedOptions, type SealMode } from './sealed/sealed.store.js';
export { S3BlobStore } from './s3/s3.store.js';
export { type S3Options } from './s3/s3-options.js';
export { type Member, SeveralBlobStores } from './several/several.store.js';
