import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { BlobCorrupt, BlobMissing } from '../errors.js';
import { asStoreError, codeOf } from './system-error.js';

/** Bytes read from the disk at once, and held ready while the consumer is busy. */
const CHUNK_BYTES = 256 * 1024;

/** `length` bytes of a file, from `start`. */
export interface Slice {
  readonly path: string;
  readonly start: number;
  readonly length: number;
}

/** Streams slices one after another. Fails with `BlobMissing` before it returns when the first file is not there. */
export async function readSlices(key: string, slices: readonly Slice[]): Promise<Readable> {
  const first = slices[0];
  return new SlicesReadable(key, slices, first ? await openSlice(key, first) : null);
}

async function openSlice(key: string, slice: Slice): Promise<FileHandle> {
  try {
    return await open(slice.path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new BlobMissing(key, { cause: error });
    throw asStoreError(error);
  }
}

class SlicesReadable extends Readable {
  #index = 0;
  #done = 0;
  #reading: Promise<void> | null = null;

  constructor(
    private readonly key: string,
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
    this.file ??= await openSlice(this.key, slice);
    const wanted = Math.min(CHUNK_BYTES, slice.length - this.#done);
    const buffer = Buffer.allocUnsafeSlow(wanted);
    const { bytesRead } = await this.file.read(buffer, 0, wanted, slice.start + this.#done);
    if (bytesRead === 0) throw new BlobCorrupt(this.key, 'a part of it is shorter than it was when it was written');
    this.#done += bytesRead;
    return bytesRead === wanted ? buffer : buffer.subarray(0, bytesRead);
  }

  async #close(): Promise<void> {
    const file = this.file;
    this.file = null;
    await file?.close();
  }
}
