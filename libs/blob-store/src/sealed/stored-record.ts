import type { BlobLocation, JsonObject, WriterState } from '../port.js';
import { storedSize } from './frame-layout.js';
import { locationOf, parseLocation, parseState } from './records.js';

/** What the driver that keeps a blob's bytes made of it. */
export interface StoredRecord {
  /** The driver's own location. */
  readonly record: JsonObject;
  /** Bytes that the driver keeps; null for a blob that was stored before blobs were sealed: then they are the blob's own. */
  readonly size: number | null;
  /** Of the registry's key, when the bytes are encrypted. */
  readonly keyId: string | null;
}

/** Throws `ForeignBlobRecord` for a location that nobody here made. */
export function storedRecordOf(location: BlobLocation): StoredRecord {
  const sealed = parseLocation(location);
  if (!sealed) return { record: location, size: null, keyId: null };
  const { inner, format, runs, keyId } = sealed;
  return { record: inner, size: storedSize(format, runs), keyId: keyId ?? null };
}

/** The location of the same blob when its stored bytes, unchanged, are where `record` says. Encryption goes on naming the key that it was done for. */
export function withStoredRecord(location: BlobLocation, record: JsonObject): BlobLocation {
  const sealed = parseLocation(location);
  return sealed ? locationOf(sealed.key, { ...sealed, inner: record }) : record;
}

/** The driver's own state of a write that is under way. */
export function storedStateOf(state: WriterState): JsonObject {
  return parseState(state)?.inner ?? state;
}
