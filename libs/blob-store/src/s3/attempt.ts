import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { BlobTooLarge, BlobTooManyParts } from '../errors.js';
import { drain } from '../filesystem/source.js';
import type { AppendOptions } from '../port.js';
import { ObjectRequests } from './object-requests.js';
import { ObjectUpload } from './object-upload.js';
import type { PieceMemory } from './piece-memory.js';
import { nameOf, type S3Object } from './records.js';
import type { Removal } from './removal.js';
import type { S3Wire } from './s3-wire.js';
import type { StoreTraits } from './traits.js';

/** The same bound as the directory's, so that a client that works with one store works with the other. */
const MAX_OBJECTS = 10_000;
/** How long a failed attempt may go on removing what it wrote: its client waits. */
const CLEAN_UP_MS = 10_000;

export interface AttemptTools {
  readonly wire: S3Wire;
  readonly traits: StoreTraits;
  readonly memory: PieceMemory;
  readonly removal: Removal;
}

export interface AttemptPlan {
  readonly bucket: string;
  readonly key: string;
  /** Objects that the state holds before this attempt's. */
  readonly kept: number;
  /** Bytes to write before the source's, asked for with its first byte. */
  readonly before: (() => Promise<AsyncIterable<Buffer>>) | null;
}

interface Writing {
  readonly object: S3Object;
  readonly upload: ObjectUpload;
}

/** One append: objects of its own, durable when `run` resolves, gone as far as possible when it fails. */
export class Attempt {
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal;
  readonly #done: S3Object[] = [];
  #current: Writing | null = null;
  #written = 0;

  constructor(
    private readonly tools: AttemptTools,
    private readonly plan: AttemptPlan,
    private readonly options: AppendOptions,
  ) {
    const { signal } = options;
    this.#signal = signal ? AbortSignal.any([signal, this.#controller.signal]) : this.#controller.signal;
  }

  get written(): number {
    return this.#written;
  }

  /** The objects that hold the bytes, in order; none when the source was empty. */
  async run(bytes: Readable | AsyncIterable<Uint8Array>): Promise<S3Object[]> {
    try {
      await drain(bytes, this.options.signal, (chunk) => this.#take(chunk));
      await this.#finish();
      return this.#done;
    } catch (error) {
      this.#controller.abort(error);
      await this.#cleanUp();
      throw error;
    }
  }

  #take(chunk: Buffer): Promise<void> | undefined {
    const { limit, onChunk, onReleased } = this.options;
    try {
      this.#written += chunk.length;
      if (this.#written > limit) throw new BlobTooLarge(this.plan.key, limit);
      if (chunk.length > 0) onChunk?.(chunk);
    } catch (error) {
      onReleased?.(chunk);
      throw error;
    }
    if (chunk.length > 0 && !this.#current?.upload.writeNow(chunk)) {
      return this.#write(chunk).finally(() => onReleased?.(chunk));
    }
    onReleased?.(chunk);
    return undefined;
  }

  async #write(chunk: Buffer): Promise<void> {
    if (!this.#current && this.#done.length === 0 && this.plan.before) {
      for await (const piece of await this.plan.before()) await this.#copy(piece);
    }
    await this.#copy(chunk);
  }

  async #copy(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      const { upload } = (this.#current ??= this.#begin());
      rest = rest.subarray(await upload.write(rest));
      if (upload.isFull) await this.#finish();
    }
  }

  #begin(): Writing {
    const number = this.plan.kept + this.#done.length;
    if (number >= MAX_OBJECTS) throw new BlobTooManyParts(this.plan.key, MAX_OBJECTS);
    const object = { id: `${number}-${randomBytes(8).toString('hex')}`, size: 0 };
    return { object, upload: new ObjectUpload(this.#requests(object, this.#signal), this.tools.memory, this.#signal) };
  }

  async #finish(): Promise<void> {
    if (!this.#current) return;
    const { object, upload } = this.#current;
    await upload.finish();
    this.#done.push({ ...object, size: upload.size });
    this.#current = null;
  }

  /** Never fails: what stays goes when the key is tidied, aborted or deleted. */
  async #cleanUp(): Promise<void> {
    const { removal } = this.tools;
    const { bucket, key } = this.plan;
    const signal = AbortSignal.timeout(CLEAN_UP_MS);
    const gone = this.#done.map((object) => removal.removeObject(bucket, nameOf(key, object.id), signal));
    if (this.#current) gone.push(this.#discard(this.#current, signal));
    await Promise.allSettled(gone);
  }

  async #discard({ object, upload }: Writing, signal: AbortSignal): Promise<void> {
    await upload.stop();
    const id = await upload.uploadId();
    if (id !== null) await this.#requests(object, signal).abort(id);
    const name = nameOf(this.plan.key, object.id);
    if (upload.mayExist) await this.tools.removal.removeObject(this.plan.bucket, name, signal);
  }

  #requests(object: S3Object, signal: AbortSignal): ObjectRequests {
    const { wire, traits } = this.tools;
    return new ObjectRequests(wire, traits, this.plan.bucket, nameOf(this.plan.key, object.id), signal);
  }
}
