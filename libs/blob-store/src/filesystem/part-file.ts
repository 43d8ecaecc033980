import type { FileHandle } from 'node:fs/promises';
import { onDisk } from './system-error.js';

/** Size of one write: large enough that system calls cost nothing, small enough to overlap with the source. */
const BATCH_BYTES = 1024 * 1024;
// The system takes at most 1,024 buffers in one writev.
const BATCH_CHUNKS = 512;
/** How much may wait for the final fdatasync. More is sent to the disk while bytes still arrive, so that the end is no long stall. */
const UNSYNCED_BYTES = 32 * 1024 * 1024;

/** What the writer needs of an open file: a `FileHandle`, or in a test one that fails. */
export type WritableFile = Pick<FileHandle, 'writev' | 'datasync' | 'close'>;

/**
 * Writes chunks to a file of their own: gathers them into large writes, and lets one write run while the next is gathered. At most two
 * batches, 2 MiB and a chunk each, are held.
 */
export class PartFile {
  #batch: Uint8Array[] = [];
  #batched = 0;
  #position = 0;
  #unsynced = 0;
  #opening: Promise<WritableFile> | null = null;
  #writing: Promise<void> = Promise.resolve();
  #syncing: Promise<void> | null = null;

  /** `create` makes the file; it is called with the first chunk, so that an empty append leaves nothing. `released` hears of each chunk once. */
  constructor(
    private readonly create: () => Promise<WritableFile>,
    private readonly released: (chunk: Uint8Array) => void = () => undefined,
  ) {}

  /** Takes a chunk; the promise, when there is one, is back-pressure. */
  add(chunk: Uint8Array): Promise<void> | undefined {
    this.#open();
    this.#batch.push(chunk);
    this.#batched += chunk.byteLength;
    return this.#batched >= BATCH_BYTES || this.#batch.length >= BATCH_CHUNKS ? this.#flush() : undefined;
  }

  /** Writes what is left, makes it durable together with what `alongside` does, and closes the file. */
  async finish(alongside: () => Promise<void>): Promise<void> {
    if (!this.#opening) return;
    await this.#flush();
    await this.#writing;
    await this.#syncing;
    const file = await this.#opening;
    await both(
      onDisk(() => file.datasync()),
      alongside(),
    );
    this.#opening = null;
    await onDisk(() => file.close());
  }

  /** Waits for what is under way, for a descriptor must not be closed beneath it, and closes the file. Never fails. */
  async discard(): Promise<void> {
    await Promise.allSettled([this.#writing, this.#syncing]);
    const file = await this.#opening?.catch(() => null);
    this.#opening = null;
    await file?.close().catch(() => undefined);
    this.#batch.forEach(this.released);
    this.#batch = [];
  }

  #open(): Promise<WritableFile> {
    if (!this.#opening) {
      this.#opening = this.create();
      // Reported by the first flush.
      this.#opening.catch(() => undefined);
    }
    return this.#opening;
  }

  async #flush(): Promise<void> {
    await this.#writing;
    if (this.#batched === 0) return;
    this.#writing = this.#write(this.#batch, this.#position);
    this.#writing.catch(() => undefined);
    this.#position += this.#batched;
    this.#batch = [];
    this.#batched = 0;
  }

  async #write(batch: Uint8Array[], position: number): Promise<void> {
    const file = await this.#writeAll(batch, position).finally(() => batch.forEach(this.released));
    this.#unsynced += batch.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    if (this.#unsynced >= UNSYNCED_BYTES) await this.#syncEarly(file);
  }

  async #writeAll(batch: Uint8Array[], position: number): Promise<WritableFile> {
    const file = await this.#open();
    await onDisk(() => writeAll(file, batch, position));
    return file;
  }

  /** Starts a background fdatasync, after the one before: a disk that can't follow slows the source down. */
  async #syncEarly(file: WritableFile): Promise<void> {
    await this.#syncing;
    this.#unsynced = 0;
    // The kernel tells a failed write-back once per descriptor, so what this one hears must fail the append.
    this.#syncing = onDisk(() => file.datasync());
    this.#syncing.catch(() => undefined);
  }
}

/** Waits for both even if one fails: a descriptor must not be closed beneath the other. */
async function both(one: Promise<void>, other: Promise<void>): Promise<void> {
  const [first, second] = await Promise.allSettled([one, other]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
}

async function writeAll(file: WritableFile, batch: Uint8Array[], position: number): Promise<void> {
  let rest = batch;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest, position);
    // A full disk takes a part of the write first and refuses the next one.
    if (bytesWritten === 0) throw new Error('the file system accepts no bytes');
    position += bytesWritten;
    rest = dropBytes(rest, bytesWritten);
  }
}

function dropBytes(chunks: Uint8Array[], count: number): Uint8Array[] {
  let index = 0;
  for (; index < chunks.length; index++) {
    const length = chunks[index]!.byteLength;
    if (count < length) break;
    count -= length;
  }
  const rest = chunks.slice(index);
  if (count > 0) rest[0] = rest[0]!.subarray(count);
  return rest;
}
