import { Readable } from 'node:stream';
import { ObjectFetch, type ObjectSlice } from './object-fetch.js';
import { asStoreError } from './s3-errors.js';
import type { S3Wire } from './s3-wire.js';

/** Bytes held ready for a consumer that is busy, beside what the connections hold. */
const READ_AHEAD_BYTES = 512 * 1024;
/** The next objects are asked for while so few bytes are left of those that were: an answer takes a round trip. */
const AHEAD_BYTES = 4 * 1024 * 1024;
const MAX_AHEAD = 3;

/** Streams slices one after another. Opens the first before it returns, so that an absent blob is known before an answer is begun. */
export async function readSlices(wire: S3Wire, slices: readonly ObjectSlice[]): Promise<Readable> {
  const readable = new ObjectsReadable(wire, slices);
  await readable.open();
  return readable;
}

class ObjectsReadable extends Readable {
  readonly #controller = new AbortController();
  /** Under way, in order; the first is being read. */
  readonly #fetches: ObjectFetch[] = [];
  readonly #rest: ObjectSlice[];

  constructor(
    private readonly wire: S3Wire,
    slices: readonly ObjectSlice[],
  ) {
    super({ highWaterMark: READ_AHEAD_BYTES });
    this.#rest = slices.toReversed();
  }

  async open(): Promise<void> {
    this.#askAhead();
    try {
      await this.#fetches[0]?.open();
    } catch (error) {
      this.#close();
      throw asStoreError(error);
    }
  }

  override _read(): void {
    this.#next().then(
      (piece) => void this.push(piece),
      (error: unknown) => void this.destroy(asStoreError(error) as Error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#close();
    callback(error);
  }

  async #next(): Promise<Buffer | null> {
    for (let fetch = this.#fetches[0]; fetch; fetch = this.#fetches[0]) {
      const piece = await fetch.next();
      if (!piece) this.#fetches.shift();
      this.#askAhead();
      if (piece) return piece;
    }
    return null;
  }

  #askAhead(): void {
    let left = this.#fetches.reduce((sum, fetch) => sum + fetch.left, 0);
    while (this.#rest.length > 0 && left < AHEAD_BYTES && this.#fetches.length < 1 + MAX_AHEAD) {
      const slice = this.#rest.pop() as ObjectSlice;
      const fetch = new ObjectFetch(this.wire, slice, this.#controller.signal);
      // A failure is told when its turn comes: then it is asked for again.
      if (this.#fetches.length > 0) fetch.open().catch(() => undefined);
      this.#fetches.push(fetch);
      left += slice.length;
    }
  }

  #close(): void {
    this.#controller.abort(new Error('the reader left'));
    for (const fetch of this.#fetches) fetch.close();
  }
}
