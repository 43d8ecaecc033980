import { crc32 } from 'node:zlib';
import { placeInRun, placeOfRun } from './run-key.js';

/**
 * The CRC-32 of each segment of one run, with its place before and behind the bytes: a segment that was moved, in the blob or from another one, has
 * another. The place costs no pass over the bytes: the sum starts from `seed` instead of 0, and `closed` goes on with the rest.
 */
export class RunCheck {
  /** For runs from before places were bound: the CRC-32 of the bytes alone. They are only read. */
  static readonly UNPLACED = new RunCheck(0, false);

  /** Where the CRC-32 of a segment's bytes starts. */
  readonly seed: number;
  readonly #placed: boolean;

  private constructor(seed: number, placed: boolean) {
    this.seed = seed;
    this.#placed = placed;
  }

  /** `start`: where the run begins in the plaintext of the blob. */
  static at(generation: string, attempt: string, start: number): RunCheck {
    return new RunCheck(crc32(placeOfRun(generation, start), crc32(Buffer.from(attempt, 'base64url'))), true);
  }

  /** The check of a segment whose bytes brought the sum to `crc`. */
  closed(crc: number, number: number, last: boolean): number {
    return this.#placed ? crc32(placeInRun(number, last), crc) : crc;
  }
}
