import type { Readable } from 'node:stream';
import { BlobCorrupt } from '../errors.js';
import type { BlobFile } from '../port.js';

/** Stored bytes, asked for in rising positions. */
export interface FrameSource {
  /** Fills `memory` with the stored bytes from `position` on. Throws `BlobCorrupt` when there are fewer. */
  read(memory: Uint8Array, position: number): Promise<void>;
  /** Call it behind the last frame of a whole blob: throws `BlobCorrupt` when more bytes follow. */
  end(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Throws `BlobCorrupt`, and closes the file, unless it has `size` bytes. */
export async function framesOfFile(key: string, file: BlobFile, size: number): Promise<FrameSource> {
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => (closed ??= file.close());
  if (file.size !== size) {
    await close();
    throw new BlobCorrupt(key, `it has ${file.size} stored bytes instead of ${size}`);
  }
  return { read: (memory, position) => file.read(memory, position), end: async () => undefined, close };
}

/** For stores that only stream. `start`: position of the stream's first byte. */
export class StreamFrames implements FrameSource {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  #position: number;

  constructor(
    private readonly key: string,
    private readonly stream: Readable,
    start: number,
  ) {
    this.#position = start;
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async read(memory: Uint8Array, position: number): Promise<void> {
    if (position !== this.#position) throw new RangeError(`a stream at ${this.#position} can't be read at ${position}`);
    for (let filled = 0; filled < memory.length;) {
      if (this.#rest.length === 0 && !(await this.#more())) {
        throw new BlobCorrupt(this.key, `its stored bytes end at ${position + filled}`);
      }
      const piece = this.#rest.subarray(0, memory.length - filled);
      memory.set(piece, filled);
      filled += piece.length;
      this.#rest = this.#rest.subarray(piece.length);
    }
    this.#position += memory.length;
  }

  async end(): Promise<void> {
    if (this.#rest.length === 0 && !(await this.#more())) return;
    throw new BlobCorrupt(this.key, `bytes follow its end, at ${this.#position}`);
  }

  async close(): Promise<void> {
    this.stream.destroy();
  }

  async #more(): Promise<boolean> {
    do {
      const next = await this.#chunks.next();
      if (next.done) return false;
      this.#rest = next.value;
    } while (this.#rest.length === 0);
    return true;
  }
}
