import { MAX_FRAME_BYTES } from './frame-layout.js';

/** Frames kept for the next blob: 64 MiB. */
const KEPT = 64;
/** Frames in use from which on each blob has to do with fewer: 256 MiB. */
const PLENTY = 256;

/**
 * Memory for one frame, which worker threads can see. Memory of this size comes from the kernel page by page when it is new, which costs more than
 * filling it; and what comes from a socket in pieces of 64 KiB, copied here, leaves the young generation of the garbage collector young.
 */
export type SegmentMemory = Buffer;

/**
 * Frames that are used again. Taking one never waits: a slow client holds its frames for hours, and a hundred of them must not be able to stop
 * everyone else. So what is bounded is what each blob may hold: see `scarce`.
 */
export class SegmentPool {
  readonly #free: SegmentMemory[] = [];
  #used = 0;

  /** Frames that are with somebody. */
  get used(): number {
    return this.#used;
  }

  /** So much is in use that nobody should hold a second frame. */
  get scarce(): boolean {
    return this.#used >= PLENTY;
  }

  take(): SegmentMemory {
    this.#used++;
    return this.#free.pop() ?? Buffer.from(new SharedArrayBuffer(MAX_FRAME_BYTES));
  }

  /** Only when nobody reads or writes it any more. */
  give(memory: SegmentMemory): void {
    this.#used--;
    if (this.#free.length < KEPT) this.#free.push(memory);
  }

  /** For memory that somebody who failed may still read: it is left to the garbage collector. */
  lose(): void {
    this.#used--;
  }
}

/** Shared by all stores of the process: the memory is the process's. */
export const segmentPool = new SegmentPool();
