import type { ByteRange } from '../port.js';

/*
 * How plaintext becomes stored bytes; docs/blob-format.md tells it to strangers.
 *
 *   blob     run, run, …            each append is a run of its own
 *   run      segment, check, segment, check, …
 *   segment  1 MiB of the run, the last one less (1 byte to 1 MiB)
 *   check    'crc': CRC-32 of the segment and its place, 4 bytes big-endian; 'aes': the tag of its AES-256-GCM, 16 bytes; 'raw': nothing
 */
export const SEGMENT_BYTES = 1024 * 1024;

export type FrameFormat = 'raw' | 'crc' | 'aes';

export const CHECK_BYTES: Readonly<Record<FrameFormat, number>> = { raw: 0, crc: 4, aes: 16 };
/** Room for the longest frame. */
export const MAX_FRAME_BYTES = SEGMENT_BYTES + 16;

/** One append as a record remembers it. */
export interface Run {
  /** Bytes of plaintext, at least one. */
  readonly size: number;
  /** 128 random bits in base64url: what makes the run's key or checks its own. Not when 'raw', nor in 'crc' from before checks knew their place. */
  readonly attempt?: string;
}

/** One segment, and what is wanted of it. Positions are in bytes. */
export interface SegmentPlace {
  readonly run: Run;
  /** Of the run, in the plaintext of the blob. */
  readonly runStart: number;
  /** Of the segment in its run, from 0. */
  readonly number: number;
  readonly last: boolean;
  /** Of the frame in the stored bytes. */
  readonly position: number;
  /** Plaintext bytes of the segment. */
  readonly length: number;
  /** What is wanted of the segment: `from` to before `to`. */
  readonly from: number;
  readonly to: number;
}

export function plainSize(runs: readonly Run[]): number {
  return runs.reduce((sum, run) => sum + run.size, 0);
}

/** Stored bytes of `size` bytes of one run. */
export function framedSize(format: FrameFormat, size: number): number {
  return size + Math.ceil(size / SEGMENT_BYTES) * CHECK_BYTES[format];
}

/** Stored bytes of a whole blob. */
export function storedSize(format: FrameFormat, runs: readonly Run[]): number {
  return runs.reduce((sum, { size }) => sum + framedSize(format, size), 0);
}

/** The segments that hold the bytes of `range`, or all, in order. Made one by one: a blob of 1 TiB has a million. */
export function* segmentsOf(format: FrameFormat, runs: readonly Run[], range?: ByteRange): Generator<SegmentPlace> {
  const wanted = range ?? { start: 0, end: Infinity };
  const frame = SEGMENT_BYTES + CHECK_BYTES[format];
  let [runStart, runPosition] = [0, 0];
  for (const run of runs) {
    const count = Math.ceil(run.size / SEGMENT_BYTES);
    const skipped = Math.min(run.size, Math.max(0, wanted.start - runStart));
    const first = skipped === run.size ? count : Math.floor(skipped / SEGMENT_BYTES);
    for (let number = first; number < count; number++) {
      const start = runStart + number * SEGMENT_BYTES;
      if (start > wanted.end) return;
      const length = Math.min(SEGMENT_BYTES, run.size - number * SEGMENT_BYTES);
      const from = Math.max(0, wanted.start - start);
      const to = Math.min(length, wanted.end + 1 - start);
      const last = number === count - 1;
      yield { run, runStart, number, last, position: runPosition + number * frame, length, from, to };
    }
    runStart += run.size;
    runPosition += framedSize(format, run.size);
  }
}

/** Throws `RangeError` unless `range` is inside a blob of `size` bytes. */
export function assertInside({ start, end }: ByteRange, size: number): void {
  const sound = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end < size;
  if (!sound) throw new RangeError(`bytes ${start}-${end} are not inside a blob of ${size} bytes`);
}
