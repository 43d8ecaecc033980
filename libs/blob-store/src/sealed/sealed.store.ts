import type { Readable } from 'node:stream';
import { BlobTooManyParts, ForeignBlobRecord } from '../errors.js';
import { assertKey } from '../keys.js';
import {
  type AppendOptions,
  type Appended,
  type BlobLocation,
  type BlobPump,
  type BlobStore,
  type ByteRange,
  canOpenFile,
  canPresign,
  type PieceTaker,
  type PresignRequest,
  type Presigner,
  type StoreIdentity,
  type WriterState,
} from '../port.js';
import { memberFor } from '../several/several.store.js';
import { type Abilities, abilitiesOf } from './abilities.js';
import {
  assertInside,
  type FrameFormat,
  framedSize,
  plainSize,
  type Run,
  segmentsOf,
  storedSize,
} from './frame-layout.js';
import { framesOfFile, type FrameSource, StreamFrames } from './frame-source.js';
import {
  locationOf,
  MAX_RUNS,
  parseLocation,
  parseState,
  type SealedLocation,
  type SealedRecord,
  stateOf,
} from './records.js';
import type { RegistryKey, RegistryKeys } from './registry-keys.js';
import { RunCheck } from './run-check.js';
import { generationOf, newAttempt, registryOf, RunSecret } from './run-key.js';
import { RunningDigest, type RunningDigestAlgorithm } from './running-digest.js';
import { RunWriter, type RunWriterOptions } from './run-writer.js';
import { SegmentReader, type Wanted } from './segment-reader.js';
import { openSegmentsPump, openSegmentsStream } from './send-segments.js';

/** How new blobs of a registry are stored: with checks, as they are (for stores that hand them out themselves), or encrypted. */
export type SealMode = { readonly format: 'crc' | 'raw' } | { readonly format: 'aes'; readonly key: RegistryKey };

export interface SealedOptions {
  readonly store: BlobStore;
  /** Asked once for each blob, at its beginning. */
  seal(registryId: string): Promise<SealMode>;
  /** Needed to read and to go on with encrypted blobs; without it they fail. */
  readonly keys?: Pick<RegistryKeys, 'byId'>;
}

export interface SealedAppendOptions extends AppendOptions {
  /** Goes on over the bytes, in another thread where that pays; it is void when the append fails. Not discarded here. */
  readonly digest?: RunningDigest | null;
  /** Nobody else has the chunks of the source: each one's memory is freed, not left to the garbage collector, as soon as it was copied. */
  readonly consume?: boolean;
}

/**
 * Makes what any store keeps verifiable, and encrypted where a registry has a key: every byte is checked before it is handed out. Compose it
 * once, around the driver; blobs that the driver holds from before stay readable, unchecked. See docs/blob-format.md.
 */
export class SealedBlobStore implements BlobStore, BlobPump, Presigner {
  readonly #store: BlobStore;
  readonly #options: SealedOptions;

  private constructor(options: SealedOptions) {
    this.#store = options.store;
    this.#options = options;
  }

  /** It has the abilities of the inner store that don't concern bytes, and those that it adds. */
  static around(options: SealedOptions): SealedBlobStore & Abilities {
    return Object.assign(new SealedBlobStore(options), abilitiesOf(options.store));
  }

  newDigest(algorithm: RunningDigestAlgorithm): RunningDigest {
    return new RunningDigest(algorithm);
  }

  async begin(key: string): Promise<WriterState> {
    assertKey(key);
    const mode = await this.#options.seal(registryOf(key));
    const inner = await this.#store.begin(key);
    const keyId = mode.format === 'aes' ? { keyId: mode.key.id } : {};
    return stateOf({ format: mode.format, ...keyId, runs: [], inner });
  }

  async append(
    key: string,
    state: WriterState,
    bytes: Readable | AsyncIterable<Uint8Array>,
    options: SealedAppendOptions,
  ): Promise<Appended> {
    assertKey(key);
    const before = parseState(state);
    if (!before) return this.#appendPlain(key, state, bytes, options);
    if (before.runs.length >= MAX_RUNS) throw new BlobTooManyParts(key, MAX_RUNS);
    const { limit, onChunk, onReleased, signal } = options;
    const { attempt, ...sealing } = await this.#newRun(key, before);
    const { format } = before;
    const { digest = null, consume = false } = options;
    const writer = new RunWriter({ key, format, ...sealing, digest, consume, limit, onChunk, onReleased });
    try {
      const frames = writer.frames(bytes);
      const released = (frame: Uint8Array): void => writer.released(frame);
      const unlimited = { limit: Number.MAX_SAFE_INTEGER, signal, onReleased: released };
      const { state: inner, written } = await this.#store.append(key, before.inner, frames, unlimited);
      if (written === 0) return { state, written };
      const run: Run = { size: writer.written, ...(attempt !== undefined && { attempt }) };
      return { state: stateOf({ ...before, runs: [...before.runs, run], inner }), written: run.size };
    } finally {
      writer.close();
    }
  }

  async commit(key: string, state: WriterState): Promise<BlobLocation> {
    const sealed = parseState(state);
    if (!sealed) return this.#store.commit(key, state);
    return locationOf(key, { ...sealed, inner: await this.#store.commit(key, sealed.inner) });
  }

  tidy(location: BlobLocation): Promise<void> {
    return this.#store.tidy(innerOf(location));
  }

  abort(key: string, state: WriterState | null): Promise<void> {
    return this.#store.abort(key, state && (parseState(state)?.inner ?? state));
  }

  /** With `digest` (`sha256:…`) a whole blob without checks of its own is checked against it. */
  async read(location: BlobLocation, range?: ByteRange, digest?: string): Promise<Readable> {
    const reader = await this.#openReader(location, { range, digest });
    return reader ? openSegmentsStream(reader) : this.#store.read(location, range);
  }

  /** With `digest` (`sha256:…`) a whole blob without checks of its own is checked against it. The first segment is checked before it resolves. */
  async openPump(
    location: BlobLocation,
    range?: ByteRange,
    digest?: string,
  ): Promise<(take: PieceTaker) => Promise<void>> {
    const reader = await this.#openReader(location, { range, digest });
    if (reader) return openSegmentsPump(reader);
    const stream = await this.#store.read(location, range);
    return async (take) => {
      for await (const chunk of stream) await take(chunk as Buffer);
    };
  }

  async readState(key: string, state: WriterState): Promise<Readable> {
    const sealed = parseState(state);
    if (!sealed) return this.#store.readState(key, state);
    const blob = { key, ...sealed, registryKey: await this.#keyOf(key, sealed) };
    const source = new StreamFrames(key, await this.#store.readState(key, sealed.inner), 0);
    return openSegmentsStream(new SegmentReader(blob, source, {}));
  }

  delete(location: BlobLocation): Promise<void> {
    return this.#store.delete(innerOf(location));
  }

  deleteKey(key: string): Promise<void> {
    return this.#store.deleteKey(key);
  }

  /** Null for anything but blobs that are stored as they are. */
  async presignRead(location: BlobLocation, request: PresignRequest): Promise<string | null> {
    const sealed = parseLocation(location);
    const inner = sealed?.inner ?? location;
    const store = memberFor(this.#store, inner);
    if (!canPresign(store) || (sealed && sealed.format !== 'raw')) return null;
    return store.presignRead(inner, request);
  }

  checkWritable(): Promise<void> {
    return this.#store.checkWritable();
  }

  identity(): Promise<StoreIdentity | null> {
    return this.#store.identity();
  }

  writeIdentity(identity: StoreIdentity): Promise<void> {
    return this.#store.writeIdentity(identity);
  }

  /** An upload that was begun before blobs were sealed goes on as it began. */
  #appendPlain(
    key: string,
    state: WriterState,
    bytes: Readable | AsyncIterable<Uint8Array>,
    { digest, ...options }: SealedAppendOptions,
  ): Promise<Appended> {
    const onChunk = (chunk: Buffer): void => {
      options.onChunk?.(chunk);
      void digest?.update(chunk);
    };
    return this.#store.append(key, state, bytes, { ...options, onChunk });
  }

  async #newRun(key: string, record: SealedRecord): Promise<NewRun> {
    const registryKey = await this.#keyOf(key, record);
    if (record.format === 'raw') return { secret: null, check: null };
    const [generation, attempt, start] = [generationOf(key), newAttempt(), plainSize(record.runs)];
    if (registryKey) return { attempt, secret: new RunSecret(registryKey, generation, attempt, start), check: null };
    return { attempt, secret: null, check: RunCheck.at(generation, attempt, start) };
  }

  /** Null when there is nothing to be read sealed: a location from before. */
  async #openReader(location: BlobLocation, wanted: Wanted): Promise<SegmentReader | null> {
    const sealed = parseLocation(location);
    if (!sealed) return this.#openPlainReader(location, wanted);
    const registryKey = await this.#keyOf(sealed.key, sealed);
    const source = await this.#openFrames(sealed, wanted.range);
    return readerOf({ ...sealed, registryKey }, source, wanted);
  }

  async #openPlainReader(location: BlobLocation, wanted: Wanted): Promise<SegmentReader | null> {
    const store = memberFor(this.#store, location);
    if (!canOpenFile(store)) return null;
    const file = await store.openFile(location);
    const key = typeof location['key'] === 'string' ? location['key'] : 'an earlier key';
    const runs = file.size === 0 ? [] : [{ size: file.size }];
    const blob = { key, format: 'raw' as const, runs, registryKey: null };
    return readerOf(blob, await framesOfFile(key, file, file.size), wanted);
  }

  async #openFrames({ key, format, runs, inner }: SealedLocation, range: ByteRange | undefined): Promise<FrameSource> {
    const store = memberFor(this.#store, inner);
    if (canOpenFile(store)) return framesOfFile(key, await store.openFile(inner), storedSize(format, runs));
    const stored = range && storedRange(format, runs, range);
    return new StreamFrames(key, await store.read(inner, stored), stored?.start ?? 0);
  }

  async #keyOf(key: string, { keyId }: SealedRecord): Promise<RegistryKey['secret'] | null> {
    if (keyId === undefined) return null;
    const { keys } = this.#options;
    if (!keys) throw new ForeignBlobRecord('the blob is encrypted, and this installation has no keys');
    return (await keys.byId(registryOf(key), keyId)).secret;
  }
}

interface NewRun extends Pick<RunWriterOptions, 'secret' | 'check'> {
  readonly attempt?: string;
}

function innerOf(location: BlobLocation): BlobLocation {
  return parseLocation(location)?.inner ?? location;
}

async function readerOf(
  blob: ConstructorParameters<typeof SegmentReader>[0],
  source: FrameSource,
  wanted: Wanted,
): Promise<SegmentReader> {
  try {
    return new SegmentReader(blob, source, wanted);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The stored bytes of all segments that `range` touches. Throws `RangeError` when it is not inside the blob. */
function storedRange(format: FrameFormat, runs: readonly Run[], range: ByteRange): ByteRange {
  assertInside(range, plainSize(runs));
  const [first] = segmentsOf(format, runs, { start: range.start, end: range.start });
  const [last] = segmentsOf(format, runs, { start: range.end, end: range.end });
  if (!first || !last) throw new RangeError('a range of a blob without bytes');
  return { start: first.position, end: last.position + framedSize(format, last.length) - 1 };
}
