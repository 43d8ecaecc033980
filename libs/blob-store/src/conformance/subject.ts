import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { blobKey } from '../keys.js';
import type { Appended, BlobLocation, BlobStore, ByteRange, JsonObject, WriterState } from '../port.js';

/** A store as the suite needs it. The store is empty, and nobody else writes to it. */
export interface StoreUnderTest {
  readonly store: BlobStore;
  /** Another instance over the same bytes: a restarted process, or a second one. */
  reopen(): Promise<BlobStore>;
  dispose(): Promise<void>;
  /** The name of everything that the medium holds, unfinished uploads too; the identity record excepted. */
  leftovers(): Promise<string[]>;
}

/** Gives the subject to tests, which are declared before it exists. */
export type Subject = () => StoreUnderTest;

export const MIB = 1024 * 1024;
const NO_LIMIT = { limit: Number.MAX_SAFE_INTEGER };

export function freshKey(): string {
  return blobKey({ registryId: 'conformance', generation: randomUUID() });
}

/** Bytes without a period that a swapped or repeated piece could hide in. */
export function bytesOf(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  let x = (seed * 2654435761) >>> 0 || 1;
  for (let i = 0; i < size; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    bytes[i] = x & 0xff;
  }
  return bytes;
}

/** A socket-like source of `bytes`. */
export function sourceOf(bytes: Buffer, chunkSize = 65_536): Readable {
  return Readable.from(chunksOf(bytes, chunkSize), { objectMode: false });
}

export function* chunksOf(bytes: Buffer, chunkSize: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
}

export function append(store: BlobStore, key: string, state: WriterState, bytes: Buffer): Promise<Appended> {
  return store.append(key, state, sourceOf(bytes), NO_LIMIT);
}

/** A committed blob of these parts, each its own append. */
export async function put(store: BlobStore, key: string, ...parts: Buffer[]): Promise<BlobLocation> {
  let state = await store.begin(key);
  for (const part of parts) ({ state } = await append(store, key, state, part));
  return store.commit(key, state);
}

export async function get(store: BlobStore, location: BlobLocation, range?: ByteRange): Promise<Buffer> {
  return buffer(await store.read(location, range));
}

export async function getState(store: BlobStore, key: string, state: WriterState): Promise<Buffer> {
  return buffer(await store.readState(key, state));
}

/** What a database row does to it. */
export function throughJson<T extends JsonObject>(record: T): T {
  return JSON.parse(JSON.stringify(record)) as T;
}

/** Equality of large buffers without a diff of millions of numbers in the report. */
export function same(actual: Buffer, expected: Buffer): boolean {
  return actual.length === expected.length && actual.equals(expected);
}

/** A promise and its key. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
