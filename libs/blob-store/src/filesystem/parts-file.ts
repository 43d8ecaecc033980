import type { FileHandle } from 'node:fs/promises';
import { BlobCorrupt } from '../errors.js';
import type { BlobFile } from '../port.js';
import { openSlice, type Origin } from './parts-reader.js';
import { type Part, sizeOf } from './records.js';
import { onDisk } from './system-error.js';

interface OpenPart {
  readonly index: number;
  readonly file: FileHandle;
}

/** The parts of a blob as one file. One of them is open at a time: a blob may have thousands. */
export class PartsFile implements BlobFile {
  readonly size: number;
  /** Where each part begins. */
  readonly #starts: number[] = [];
  #open: OpenPart | null = null;

  private constructor(
    private readonly origin: Origin,
    private readonly parts: readonly Part[],
    private readonly pathOf: (part: Part) => string,
  ) {
    let start = 0;
    for (const { size } of parts) {
      this.#starts.push(start);
      start += size;
    }
    this.size = sizeOf(parts);
  }

  /** Opens the first part, so that an absent blob is known at once. */
  static async open(origin: Origin, parts: readonly Part[], pathOf: (part: Part) => string): Promise<PartsFile> {
    const file = new PartsFile(origin, parts, pathOf);
    await file.#part(0);
    return file;
  }

  async read(memory: Uint8Array, position: number): Promise<void> {
    if (position < 0 || position + memory.length > this.size) {
      throw new RangeError(`${memory.length} bytes at ${position} are not inside a file of ${this.size} bytes`);
    }
    for (let done = 0; done < memory.length;) {
      const index = this.#indexAt(position + done);
      const file = await this.#part(index);
      const inPart = position + done - (this.#starts[index] ?? 0);
      const wanted = Math.min(memory.length - done, (this.parts[index]?.size ?? 0) - inPart);
      const { bytesRead } = await onDisk(() => file.read(memory, done, wanted, inPart));
      if (bytesRead === 0) throw this.#corrupt(index, `ends at ${inPart}`);
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.file.close();
  }

  /** The last part that begins at or before `position`; parts without bytes hold none. */
  #indexAt(position: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async #part(index: number): Promise<FileHandle> {
    if (this.#open?.index === index) return this.#open.file;
    await this.close();
    const part = this.parts[index];
    if (!part) throw new RangeError('a blob without parts');
    const file = await openSlice(this.origin, { path: this.pathOf(part), start: 0, length: part.size });
    this.#open = { index, file };
    const { size } = await onDisk(() => file.stat());
    if (size !== part.size) {
      await this.close();
      throw this.#corrupt(index, `has ${size} bytes instead of ${part.size}`);
    }
    return file;
  }

  #corrupt(index: number, problem: string): BlobCorrupt {
    return new BlobCorrupt(this.origin.key, `part ${this.parts[index]?.id} ${problem}`);
  }
}
