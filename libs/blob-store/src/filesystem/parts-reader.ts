import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { BlobCorrupt } from '../errors.js';
import { asStoreError, codeOf } from './system-error.js';

/** Bytes read from the disk at once, and held ready while the consumer is busy. */
const CHUNK_BYTES = 256 * 1024;

/** `length` bytes of a file, from `start`. */
export interface Slice {
  readonly path: string;
  readonly start: number;
  readonly length: number;
}

/** The blob that slices belong to. */
export interface Origin {
  readonly key: string;
  /** Called when a file is not there. */
  throwMissing(cause: unknown): Promise<never>;
}

/** Streams slices one after another. Opens the first before it returns, so that an absent blob is known before an answer is begun. */
export async function readSlices(origin: Origin, slices: readonly Slice[]): Promise<Readable> {
  const first = slices[0];
  return new SlicesReadable(origin, slices, first ? await openSlice(origin, first) : null);
}

export async function openSlice(origin: Origin, slice: Slice): Promise<FileHandle> {
  try {
    return await open(slice.path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return origin.throwMissing(error);
    throw asStoreError(error);
  }
}

class SlicesReadable extends Readable {
  #index = 0;
  #done = 0;
  #reading: Promise<void> | null = null;

  constructor(
    private readonly origin: Origin,
    private readonly slices: readonly Slice[],
    private file: FileHandle | null,
  ) {
    super({ highWaterMark: CHUNK_BYTES });
  }

  override _read(): void {
    this.#reading = this.#next().then(
      (chunk) => {
        this.#reading = null;
        this.push(chunk);
      },
      (error: unknown) => {
        this.#reading = null;
        this.destroy(asStoreError(error) as Error);
      },
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // A descriptor must not be closed beneath a read.
    void Promise.resolve(this.#reading)
      .then(() => this.#close())
      .then(
        () => callback(error),
        (failure: unknown) => callback(error ?? (failure as Error)),
      );
  }

  async #next(): Promise<Buffer | null> {
    for (;;) {
      const slice = this.slices[this.#index];
      if (!slice) return null;
      if (this.#done < slice.length) return this.#readFrom(slice);
      await this.#close();
      this.#index++;
      this.#done = 0;
    }
  }

  async #readFrom(slice: Slice): Promise<Buffer> {
    this.file ??= await openSlice(this.origin, slice);
    const wanted = Math.min(CHUNK_BYTES, slice.length - this.#done);
    const buffer = Buffer.allocUnsafeSlow(wanted);
    const { bytesRead } = await this.file.read(buffer, 0, wanted, slice.start + this.#done);
    if (bytesRead === 0)
      throw new BlobCorrupt(this.origin.key, 'a part of it is shorter than it was when it was written');
    this.#done += bytesRead;
    return bytesRead === wanted ? buffer : buffer.subarray(0, bytesRead);
  }

  async #close(): Promise<void> {
    const file = this.file;
    this.file = null;
    await file?.close();
  }
}
