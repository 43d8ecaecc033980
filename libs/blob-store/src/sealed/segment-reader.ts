import type { KeyObject } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { BlobCorrupt } from '../errors.js';
import type { ByteRange } from '../port.js';
import {
  assertInside,
  CHECK_BYTES,
  type FrameFormat,
  plainSize,
  type Run,
  type SegmentPlace,
  segmentsOf,
} from './frame-layout.js';
import type { FrameSource } from './frame-source.js';
import { RunCheck } from './run-check.js';
import { generationOf, RunSecret } from './run-key.js';
import { RunningDigest, type RunningDigestAlgorithm } from './running-digest.js';
import type { SegmentMemory } from './segment-memory.js';
import { decryptSegment, readCrc } from './segment-work.js';
import { segmentWorkers } from './segment-workers.js';

/** Bytes from which on decrypting a segment is worth the message to a worker thread. */
const WORTH_A_THREAD = 256 * 1024;

/** A blob as its readers need it. */
export interface ReadableBlob {
  readonly key: string;
  readonly format: FrameFormat;
  readonly runs: readonly Run[];
  /** Null unless the format is encrypted. */
  readonly registryKey: KeyObject | null;
}

/** What is asked of it. */
export interface Wanted {
  readonly range?: ByteRange | undefined;
  /** `sha256:…` of the whole blob, for formats without checks of their own; a range is not checked. */
  readonly digest?: string | undefined;
}

/** Reads segment after segment, each checked before a byte of it is handed out. */
export class SegmentReader {
  readonly #segments: Generator<SegmentPlace>;
  readonly #whole: boolean;
  readonly #expected: { readonly digest: RunningDigest; readonly hex: string } | null;
  readonly #secretOf = forEachRun((place) => secretOf(this.blob, place));
  readonly #checkOf = forEachRun((place) => checkOf(this.blob, place));
  #left: number;
  #ended = false;

  /** Throws `RangeError` when the range is not inside the blob. */
  constructor(
    private readonly blob: ReadableBlob,
    private readonly source: FrameSource,
    { range, digest }: Wanted,
  ) {
    const size = plainSize(blob.runs);
    if (range) assertInside(range, size);
    this.#whole = !range;
    this.#left = range ? range.end - range.start + 1 : size;
    this.#segments = segmentsOf(blob.format, blob.runs, range);
    this.#expected = blob.format === 'raw' && !range && digest !== undefined ? expectation(digest) : null;
  }

  /** Bytes that are still to come. */
  get left(): number {
    return this.#left;
  }

  /**
   * The next bytes that are wanted, in `memory` or in memory of their own; null behind the last. Throws `BlobCorrupt` when they are not what was
   * written, `BlobMissing` when they are gone.
   */
  async next(memory?: SegmentMemory): Promise<Buffer | null> {
    const place = this.#segments.next().value as SegmentPlace | undefined;
    if (!place) return this.#end();
    const stored = place.length + CHECK_BYTES[this.blob.format];
    const frame = memory?.subarray(0, stored) ?? Buffer.allocUnsafeSlow(stored);
    await this.source.read(frame, place.position);
    if (!(await this.#isSound(place, frame))) throw this.#corrupt(place);
    this.#left -= place.to - place.from;
    if (this.#left === 0) await this.#end();
    return frame.subarray(place.from, place.to);
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#expected?.digest.discard();
    return this.source.close();
  }

  async #isSound(place: SegmentPlace, frame: Buffer): Promise<boolean> {
    const { length } = place;
    const { format } = this.blob;
    // Here, whatever its length: it warms the cache for the socket, and a thread that has to fetch the bytes costs more than it saves.
    if (format === 'crc') return this.#crcMatches(place, frame);
    if (format === 'raw') {
      await this.#expected?.digest.update(frame);
      return true;
    }
    const secret = this.#secretOf(place).of(place.number, place.last);
    if (length < WORTH_A_THREAD || !(frame.buffer instanceof SharedArrayBuffer))
      return decryptSegment(frame, length, secret);
    const { sound } = await segmentWorkers.least().ask({ kind: 'decrypt', frame, length, secret });
    return sound === true;
  }

  /** Before the last piece is handed out: whoever counts bytes must not take wrong ones for the whole. */
  async #end(): Promise<null> {
    if (!this.#whole || this.#ended) return null;
    this.#ended = true;
    await this.source.end();
    if (!this.#expected) return null;
    const { digest, hex } = this.#expected;
    const found = await digest.hex();
    if (found !== hex) throw new BlobCorrupt(this.blob.key, `its digest is ${digest.algorithm}:${found}`);
    return null;
  }

  #crcMatches(place: SegmentPlace, frame: Buffer): boolean {
    const { length, number, last } = place;
    const check = this.#checkOf(place);
    return check.closed(crc32(frame.subarray(0, length), check.seed), number, last) === readCrc(frame, length);
  }

  #corrupt({ run, number }: SegmentPlace): BlobCorrupt {
    const append = this.blob.runs.indexOf(run);
    return new BlobCorrupt(this.blob.key, `segment ${number} of append ${append} is not what was written`);
  }
}

/** Remembers what was made for the run that is being read: they come one after another. */
function forEachRun<T>(make: (place: SegmentPlace) => T): (place: SegmentPlace) => T {
  let current: { readonly run: Run; readonly made: T } | null = null;
  return (place) => {
    if (current?.run !== place.run) current = { run: place.run, made: make(place) };
    return current.made;
  };
}

function secretOf({ key, registryKey }: ReadableBlob, { run, runStart }: SegmentPlace): RunSecret {
  if (!registryKey || run.attempt === undefined) throw new BlobCorrupt(key, 'its record names no key');
  return new RunSecret(registryKey, generationOf(key), run.attempt, runStart);
}

function checkOf({ key }: ReadableBlob, { run, runStart }: SegmentPlace): RunCheck {
  return run.attempt === undefined ? RunCheck.UNPLACED : RunCheck.at(generationOf(key), run.attempt, runStart);
}

function expectation(text: string): { digest: RunningDigest; hex: string } {
  const [algorithm, hex = ''] = text.split(':');
  if (algorithm !== 'sha256' && algorithm !== 'sha512')
    throw new RangeError(`not a digest that can be checked: ${text}`);
  return { digest: new RunningDigest(algorithm satisfies RunningDigestAlgorithm), hex };
}
