import type { Readable } from 'node:stream';
import { BlobTooLarge, BlobTooManyParts } from '../errors.js';
import type { AppendOptions } from '../port.js';
import { PartFile, type WritableFile } from './part-file.js';
import type { PartNames } from './part-names.js';
import type { Part } from './records.js';
import { drain } from './source.js';
import { onDisk } from './system-error.js';

/** The same bound as S3's, so that a client that works with one store works with the other. */
const MAX_PARTS = 10_000;

/** One append: a file of its own, durable when `run` resolves, gone when it fails. */
export class Attempt {
  readonly #file: PartFile;
  #id: string | null = null;
  #written = 0;

  constructor(
    private readonly names: PartNames,
    private readonly key: string,
    private readonly number: number,
    private readonly options: AppendOptions,
  ) {
    this.#file = new PartFile(
      () => this.#create(),
      (chunk) => options.onReleased?.(chunk),
    );
  }

  /** Null when the source was empty: then there is no file either. */
  async run(bytes: Readable | AsyncIterable<Uint8Array>): Promise<Part | null> {
    try {
      await drain(bytes, this.options.signal, (chunk) => this.#take(chunk));
      // At once: a journal makes both durable with one commit.
      await this.#file.finish(() => onDisk(() => this.names.sync(this.key)));
      if (this.#id === null) return null;
      return { id: this.#id, size: this.#written };
    } catch (error) {
      await this.#file.discard();
      if (this.#id !== null) await this.names.withdraw(this.key, this.#id).catch(() => undefined);
      throw error;
    }
  }

  #take(chunk: Buffer): Promise<void> | undefined {
    const { limit, onChunk, onReleased } = this.options;
    this.#written += chunk.length;
    if (chunk.length === 0 || this.#written > limit) onReleased?.(chunk);
    if (this.#written > limit) throw new BlobTooLarge(this.key, limit);
    if (chunk.length === 0) return undefined;
    onChunk?.(chunk);
    return this.#file.add(chunk);
  }

  async #create(): Promise<WritableFile> {
    if (this.number >= MAX_PARTS) throw new BlobTooManyParts(this.key, MAX_PARTS);
    const { id, file } = await onDisk(() => this.names.create(this.key, this.number));
    this.#id = id;
    return file;
  }
}
