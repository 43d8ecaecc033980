import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { BlobTooLarge } from '../errors.js';
import { drain } from '../filesystem/source.js';
import type { AppendOptions } from '../port.js';
import { CHECK_BYTES, type FrameFormat, SEGMENT_BYTES } from './frame-layout.js';
import { FrameQueue } from './frame-queue.js';
import type { RunCheck } from './run-check.js';
import type { RunSecret } from './run-key.js';
import type { RunningDigest } from './running-digest.js';
import { type SegmentMemory, segmentPool } from './segment-memory.js';
import { encryptSegment, writeCrc } from './segment-work.js';
import { segmentWorkers } from './segment-workers.js';

/** Frames ahead of the inner store: one that is filled, two that are digested and sealed. */
const MAX_AHEAD = 3;
/** Bytes from which on encrypting is worth the message to a worker thread. */
const WORTH_A_THREAD = 256 * 1024;

export interface RunWriterOptions extends Pick<AppendOptions, 'limit' | 'onChunk' | 'onReleased'> {
  /** For errors. */
  readonly key: string;
  readonly format: FrameFormat;
  /** Null unless the format is encrypted. */
  readonly secret: RunSecret | null;
  /** Null unless the format is 'crc'. */
  readonly check: RunCheck | null;
  readonly digest: RunningDigest | null;
  /** See `SealedAppendOptions`. */
  readonly consume: boolean;
}

/**
 * Turns a source into the frames of one run: receives and copies in this thread, digests and seals in another where it pays, both ahead of
 * the inner store. A chunk of the source is free as soon as it was copied.
 */
export class RunWriter {
  readonly #queue = new FrameQueue<Uint8Array>();
  readonly #stop = new AbortController();
  /** With the queue or the inner store. */
  readonly #out = new Map<ArrayBufferLike, SegmentMemory>();
  #memory: SegmentMemory | null = null;
  #filled = 0;
  #crc: number;
  #number = 0;
  #written = 0;

  constructor(private readonly options: RunWriterOptions) {
    this.#crc = options.check?.seed ?? 0;
  }

  /** Bytes of plaintext that the source had so far. */
  get written(): number {
    return this.#written;
  }

  /** The source is read from the first call of `next` on, and never destroyed. Fails with its error, or `BlobTooLarge`. */
  async *frames(source: Readable | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    void this.#receive(source);
    for (;;) {
      const frame = await this.#queue.shift();
      if (!frame) return;
      yield frame;
    }
  }

  /** The inner store needs the frame no longer. */
  released(frame: Uint8Array): void {
    const memory = this.#out.get(frame.buffer);
    if (memory && this.#out.delete(frame.buffer)) segmentPool.give(memory);
  }

  /** Call it when the inner store has ended, well or not. What it did not give back is left to the garbage collector. */
  close(): void {
    this.#stop.abort();
    this.#queue.close();
    for (const buffer of this.#out.keys()) {
      this.#out.delete(buffer);
      segmentPool.lose();
    }
  }

  async #receive(source: Readable | AsyncIterable<Uint8Array>): Promise<void> {
    try {
      await drain(source, this.#stop.signal, (chunk) => this.#take(chunk));
      if (this.#filled > 0) this.#push(true);
      this.#queue.end();
    } catch (error) {
      this.#queue.fail(error);
    } finally {
      if (this.#memory) segmentPool.give(this.#memory);
      this.#memory = null;
    }
  }

  #take(chunk: Buffer): Promise<void> | undefined {
    const { key, limit, onChunk } = this.options;
    this.#written += chunk.length;
    let waiting: Promise<void> | undefined;
    try {
      if (this.#written > limit) throw new BlobTooLarge(key, limit);
      onChunk?.(chunk);
      waiting = this.#copy(chunk);
    } finally {
      if (!waiting) this.#free(chunk);
    }
    return waiting?.finally(() => this.#free(chunk));
  }

  #free(chunk: Buffer): void {
    this.options.onReleased?.(chunk);
    if (this.options.consume) freeMemory(chunk);
  }

  /** Copies without waiting as long as there is room. */
  #copy(chunk: Buffer): Promise<void> | undefined {
    for (let at = 0; at < chunk.length;) {
      if (this.#filled === SEGMENT_BYTES) this.#push(false);
      if (!this.#memory) {
        if (!this.#queue.enter(mostAhead())) return this.#copyLater(chunk.subarray(at));
        this.#memory = segmentPool.take();
      }
      const piece = chunk.subarray(at, at + SEGMENT_BYTES - this.#filled);
      this.#memory.set(piece, this.#filled);
      // Now, while the bytes are in the processor's cache: later it would cost twice as much.
      if (this.options.check) this.#crc = crc32(piece, this.#crc);
      this.#filled += piece.length;
      at += piece.length;
    }
    return undefined;
  }

  async #copyLater(chunk: Buffer): Promise<void> {
    await this.#queue.room(mostAhead());
    await this.#copy(chunk);
  }

  #push(last: boolean): void {
    const memory = this.#memory;
    if (!memory) return;
    this.#out.set(memory.buffer, memory);
    this.#queue.push(this.#seal(memory, this.#filled, last));
    this.#memory = null;
    this.#filled = 0;
    this.#number++;
    this.#crc = this.options.check?.seed ?? 0;
  }

  /** Not async: what is done in this thread must be done before the next segment, in order. */
  #seal(memory: SegmentMemory, length: number, last: boolean): Promise<Uint8Array> {
    const { digest, format, secret, check } = this.options;
    const digested = digest?.update(memory.subarray(0, length));
    const frame = memory.subarray(0, length + CHECK_BYTES[format]);
    if (check) writeCrc(memory, length, check.closed(this.#crc, this.#number, last));
    const sealed = secret ? this.#encrypt(memory, length, secret, last, digested) : digested;
    return sealed ? sealed.then(() => frame) : Promise.resolve(frame);
  }

  /** In place, so the digest comes first: its thread does jobs in order. */
  #encrypt(
    frame: SegmentMemory,
    length: number,
    secrets: RunSecret,
    last: boolean,
    digested: Promise<void> | undefined,
  ): Promise<unknown> | undefined {
    const secret = secrets.of(this.#number, last);
    if (!digested && length < WORTH_A_THREAD) return void encryptSegment(frame, length, secret);
    const worker = this.options.digest?.worker ?? segmentWorkers.least();
    return worker.ask({ kind: 'encrypt', frame, length, secret });
  }
}

function mostAhead(): number {
  return segmentPool.scarce ? 1 : MAX_AHEAD;
}

/**
 * Frees a chunk's memory now, if it has some of its own. The garbage collector sees small objects and lets the large memory behind them pile up to
 * the mark where it walks the whole heap: that cost a push nearly half of its processor time.
 */
function freeMemory(chunk: Buffer): void {
  const memory = chunk.buffer as ArrayBuffer & { transfer?(length: number): ArrayBuffer };
  if (chunk.length === memory.byteLength) memory.transfer?.(0);
}
