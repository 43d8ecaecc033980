import type { Readable } from 'node:stream';

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export type JsonObject = { [name: string]: JsonValue };

/**
 * What a driver must remember between two appends. Opaque and JSON-serialisable: the caller keeps it in the upload's row and hands it back,
 * perhaps from another process. Filesystem: the list of part files; S3: upload id, parts and tail object.
 */
export type WriterState = JsonObject;

/** How to read a committed blob. Opaque and JSON-serialisable: the caller keeps it in the blob's row. Names the key it belongs to. */
export type BlobLocation = JsonObject;

/** Both ends are inclusive and lie inside the blob, as in RFC 9110 §14.1.2 after the caller has clipped them. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface AppendOptions {
  /** Most bytes accepted by this append; one more and it fails with `BlobTooLarge`. */
  readonly limit: number;
  /** Ends the append with the signal's reason, also while the source is silent. */
  readonly signal?: AbortSignal | undefined;
  /** Sees each chunk once, in order, before it is durable: for a running digest, which is void when the append fails. */
  readonly onChunk?: ((chunk: Buffer) => void) | undefined;
  /**
   * Called once for each chunk of the source when the store needs its memory no longer, also when the append fails. Who gives it may use
   * the memory of a chunk again from then on; without it, chunks belong to the store.
   */
  readonly onReleased?: ((chunk: Uint8Array) => void) | undefined;
}

export interface Appended {
  readonly state: WriterState;
  /** Bytes that this append added. */
  readonly written: number;
}

/**
 * Writes blobs, each once, at its final place. Every method may fail with `BlobStoreUnavailable` (`DiskFull` among them).
 *
 * A blob moves begin → append* → commit, or → abort. A state is a value: an append returns a new one and leaves the one it was given
 * valid, so a caller whose row did not commit goes on from the state that its row holds.
 */
export interface BlobWriter {
  /** Prepares a blob at `key` (see `blobKey`). The row that names the key is committed before, so that no bytes are without an owner. */
  begin(key: string): Promise<WriterState>;

  /**
   * Appends `bytes` after what `state` holds, as one attempt of its own: two overlapping attempts from one state, in whatever processes,
   * never touch each other's bytes. Reads the source with back-pressure and resolves when all of it is durable.
   *
   * When it fails (`BlobTooLarge`, `BlobTooManyParts`, the source's own error, the signal's reason) the attempt's bytes are removed as far as
   * possible without a listing. It never destroys a `Readable` source, so that the caller can still answer its client; it keeps chunks until they are written, so the
   * source must not reuse their memory before `onReleased` says so.
   */
  append(
    key: string,
    state: WriterState,
    bytes: Readable | AsyncIterable<Uint8Array>,
    options: AppendOptions,
  ): Promise<Appended>;

  /**
   * Seals the blob. No copy, whatever the size. Idempotent: the same state gives an equal location again. It takes nothing from other attempts:
   * only the rows know which of them wins, and that may be one that was committed before. Throws `BlobMissing` or `BlobCorrupt` when the store no
   * longer holds what `state` says.
   */
  commit(key: string, state: WriterState): Promise<BlobLocation>;

  /**
   * Removes what other attempts left beside a blob; to be called when its commit holds in the rows. Idempotent, also when the blob is gone. May have to list:
   * not for requests that a client waits for. What is written later goes by another call, or with the blob's deletion.
   */
  tidy(location: BlobLocation): Promise<void>;

  /** Removes everything under `key`, orphaned attempts included; `state` may be null when it was lost. Idempotent; absent is fine. */
  abort(key: string, state: WriterState | null): Promise<void>;
}

export interface BlobReader {
  /**
   * The blob's bytes, or those of `range`. Throws `BlobMissing` before the first byte when the blob is not there and `RangeError` when the
   * range is not inside it; the stream fails with `BlobCorrupt` rather than end early. The caller consumes or destroys it.
   */
  read(location: BlobLocation, range?: ByteRange): Promise<Readable>;

  /** The bytes that an uncommitted `state` holds, from the first: to compute their digest again. Same errors as `read`. */
  readState(key: string, state: WriterState): Promise<Readable>;
}

/** Deletes are idempotent and not fsynced: after a power cut bytes may be back, never the other way round. */
export interface BlobDeleter {
  /** Removes a committed blob and what late attempts left beside it. */
  delete(location: BlobLocation): Promise<void>;
  /** The same when only the key is known. May have to list, hence slower. */
  deleteKey(key: string): Promise<void>;
}

/** Which installation wrote this store, and which life of its database: a restore begins a new incarnation. */
export interface StoreIdentity {
  readonly installation: string;
  readonly incarnation: string;
}

export interface BlobStore extends BlobWriter, BlobReader, BlobDeleter {
  /** Writes, makes durable and removes a small probe. Throws `BlobStoreUnavailable` saying why it can't. */
  checkWritable(): Promise<void>;
  /** Null when the store was never claimed. Throws `BlobStoreUnavailable` when the record is unreadable or of a newer layout. */
  identity(): Promise<StoreIdentity | null>;
  /** Replaces the identity, durably and at once. Whether that may be done is the caller's question. */
  writeIdentity(identity: StoreIdentity): Promise<void>;
}

/** Extra ability: the store knows how much room is left. */
export interface FreeSpace {
  /** Bytes that this process may still write. */
  freeBytes(): Promise<number>;
}

/** Extra ability: the store can tell what it holds, committed or not, for a comparison with the rows. */
export interface KeyLister {
  /** Each key that begins with `prefix`, once, in no promised order. */
  listKeys(prefix: string): AsyncIterable<string>;
}

export function canMeasureFreeSpace(store: BlobStore): store is BlobStore & FreeSpace {
  return typeof (store as Partial<FreeSpace>).freeBytes === 'function';
}

export function canListKeys(store: BlobStore): store is BlobStore & KeyLister {
  return typeof (store as Partial<KeyLister>).listKeys === 'function';
}

/** Takes a piece of a blob. Its promise settles when the piece's memory may be used again; at most two pieces are with it at a time. */
export type PieceTaker = (piece: Buffer) => Promise<void>;

/**
 * Extra ability: the store hands a blob out in memory that it uses again. A stream must allocate each piece anew, which for large blobs
 * costs more than reading and sending them.
 */
export interface BlobPump {
  /** Same errors as `read`. Call the function that it resolves to once, or the blob's file stays open: it resolves when all was taken. */
  openPump(location: BlobLocation, range?: ByteRange): Promise<(take: PieceTaker) => Promise<void>>;
}

export function canPump(store: BlobStore | (BlobReader & Partial<BlobPump>)): store is BlobStore & BlobPump {
  return typeof (store as Partial<BlobPump>).openPump === 'function';
}

/** An open blob: any of its bytes into the caller's memory. */
export interface BlobFile {
  /** Bytes of the blob. */
  readonly size: number;
  /** Fills `memory` with the bytes from `position` on. Throws `BlobCorrupt` when the store has fewer, `RangeError` outside the blob. */
  read(memory: Uint8Array, position: number): Promise<void>;
  /** Call it once, when no read is under way. */
  close(): Promise<void>;
}

/** Extra ability: reads at any position cost no request of their own, so that a reader needs no stream. */
export interface BlobOpener {
  /** Throws `BlobMissing` when the blob is not there. */
  openFile(location: BlobLocation): Promise<BlobFile>;
}

export function canOpenFile(store: BlobReader & Partial<BlobOpener>): store is BlobReader & BlobOpener {
  return typeof store.openFile === 'function';
}

/** What a client may do with a presigned URL: read one blob whole or in ranges, for a while, and get these headers. */
export interface PresignRequest {
  readonly expiresInSeconds: number;
  /** `content-type` of the answer. */
  readonly contentType: string;
  /** `content-disposition` of the answer. */
  readonly contentDisposition: string;
}

/** Extra ability: clients may fetch a blob from the store by themselves. */
export interface Presigner {
  /** A URL for GET of exactly this blob; null when the store doesn't hold it as one object of exactly the blob's bytes. */
  presignRead(location: BlobLocation, request: PresignRequest): Promise<string | null>;
}

export function canPresign(store: BlobReader & Partial<Presigner>): store is BlobReader & Presigner {
  return typeof store.presignRead === 'function';
}

/** Parts of a write that was begun and neither ended nor given up: they cost room until somebody removes them. */
export interface UnfinishedWrite {
  /** The blob's key. */
  readonly key: string;
  /** Of this write, among others of the same key. Opaque. */
  readonly id: string;
  readonly startedAt: Date;
}

/** Extra ability: the store can tell writes that never ended, for a comparison with the sessions' rows. */
export interface UnfinishedWrites {
  /** Those of keys that begin with `prefix`, in no promised order. */
  listUnfinished(prefix: string): AsyncIterable<UnfinishedWrite>;
  /** Removes its parts. Absent is fine. */
  abortUnfinished(write: UnfinishedWrite): Promise<void>;
}

export function canListUnfinished(store: BlobStore & Partial<UnfinishedWrites>): store is BlobStore & UnfinishedWrites {
  return typeof store.listUnfinished === 'function';
}

/** Extra ability: a place of its own for each registry, made before its first blob and removed after its last. */
export interface RegistryPlaces {
  /** Makes the registry's place, claimed for this installation. Idempotent. Throws `BlobStoreUnavailable` when it is another installation's. */
  prepareRegistry(registryId: string): Promise<void>;
  /** Removes the place with all that is in it, for good. Idempotent. */
  removeRegistry(registryId: string): Promise<void>;
}

export function hasRegistryPlaces(store: BlobStore & Partial<RegistryPlaces>): store is BlobStore & RegistryPlaces {
  return typeof store.prepareRegistry === 'function';
}

/** Extra ability: a driver tells its own records from those of another driver, by their form. */
export interface RecordOwner {
  /** What operators call it: `directory`, `s3`. */
  readonly driver: string;
  /** Whether a state or a location was made by this driver. */
  owns(record: JsonObject): boolean;
}

/** Extra ability: it consists of several stores. */
export interface StoreMembers {
  /** The first one takes all that is new. */
  readonly members: readonly (BlobStore & RecordOwner)[];
}

/** The stores that a store consists of: for most, itself. */
export function membersOf<T extends object>(store: T & Partial<StoreMembers>): readonly (T | BlobStore)[] {
  return store.members ?? [store];
}
