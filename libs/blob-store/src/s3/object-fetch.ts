import type { IncomingMessage } from 'node:http';
import { BlobCorrupt, BlobMissing } from '../errors.js';
import { LOOKS } from './look-again.js';
import { Pauses } from './retry.js';
import { worthAnotherTry } from './s3-errors.js';
import { isFailure, S3Failure } from './s3-failure.js';
import type { S3Wire } from './s3-wire.js';
import { nextPiece } from './transport.js';

/** `length` bytes of an object, from `start`. */
export interface ObjectSlice {
  readonly bucket: string;
  /** The blob's key, for errors. */
  readonly key: string;
  readonly name: string;
  /** Bytes that the object has. */
  readonly size: number;
  readonly start: number;
  readonly length: number;
}

/**
 * Reads a slice of one object. What ends early, is silent or does not fit is fetched again from where it stopped; it never ends before its
 * end. Fails with `BlobMissing`, `BlobCorrupt` or `S3Failure`.
 */
export class ObjectFetch {
  readonly #pauses: Pauses;
  #done = 0;
  #etag: string | undefined;
  #contradictions = 0;
  #answer: IncomingMessage | null = null;
  #opening: Promise<void> | null = null;

  constructor(
    private readonly wire: S3Wire,
    private readonly slice: ObjectSlice,
    private readonly signal: AbortSignal,
  ) {
    this.#pauses = new Pauses(wire.patience);
  }

  /** Bytes still to come. */
  get left(): number {
    return this.slice.length - this.#done;
  }

  /** Resolves when the first bytes are on their way. May be called again at any time. */
  async open(): Promise<void> {
    if (this.#answer) return;
    this.#opening ??= this.#open().finally(() => (this.#opening = null));
    await this.#opening;
  }

  async #open(): Promise<void> {
    while (!this.#answer) {
      try {
        this.#answer = await this.#ask();
      } catch (error) {
        await this.#before(error);
      }
    }
  }

  /** Null at the end. */
  async next(): Promise<Buffer | null> {
    while (this.left > 0) {
      await this.open();
      try {
        const piece = await this.#piece();
        this.#done += piece.length;
        this.#pauses.progress();
        this.#contradictions = 0;
        return piece;
      } catch (error) {
        this.close();
        await this.#before(error);
      }
    }
    this.#answer = null;
    return null;
  }

  close(): void {
    this.#answer?.destroy();
    this.#answer = null;
  }

  async #ask(): Promise<IncomingMessage> {
    const { bucket, name, size, start, length } = this.slice;
    const [from, to] = [start + this.#done, start + length - 1];
    const headers = {
      range: `bytes=${from}-${to}`,
      // What follows must be of the same object as what came before.
      ...(this.#etag ? { 'if-match': this.#etag } : {}),
    };
    const answer = await this.wire.send({ method: 'GET', bucket, name, headers, signal: this.signal });
    const problem = contradiction(answer, from, to, size);
    if (problem) {
      answer.destroy();
      throw new S3Failure('WrongAnswer', problem, answer.statusCode, { bucket });
    }
    this.#etag ??= answer.headers.etag;
    return answer;
  }

  async #piece(): Promise<Buffer> {
    const piece = await nextPiece(this.#answer as IncomingMessage, this.wire.silenceMs);
    this.signal.throwIfAborted();
    if (!piece) throw new S3Failure('WrongAnswer', `${this.left} bytes are missing at the end`);
    if (piece.length > this.left) throw new S3Failure('WrongAnswer', 'there are more bytes than were asked for');
    return piece;
  }

  /** Waits before the next try, or fails for good. */
  async #before(error: unknown): Promise<void> {
    this.signal.throwIfAborted();
    const verdict = this.#verdict(error);
    if (verdict && ++this.#contradictions >= LOOKS) throw verdict;
    if (!verdict && !worthAnotherTry(error)) throw error;
    await this.#pauses.before(verdict ?? error, this.signal);
  }

  /** What an answer says of the blob, should the next ones agree; null when it says nothing of it. */
  #verdict(error: unknown): Error | null {
    const { key, size } = this.slice;
    if (isFailure(error, 'NoSuchKey')) return new BlobMissing(key, { cause: error });
    if (isFailure(error, 'InvalidRange')) return this.#corrupt(`an object of it has fewer than ${size} bytes`, error);
    // Of what came before there is no more: no other answer can go on with it.
    if (isFailure(error, 'PreconditionFailed')) throw this.#corrupt('an object of it was replaced meanwhile', error);
    return isFailure(error, 'WrongAnswer') ? this.#corrupt(error.message, error) : null;
  }

  #corrupt(problem: string, cause: unknown): BlobCorrupt {
    return new BlobCorrupt(this.slice.key, problem, { cause });
  }
}

/** What is wrong with an answer to a request for these bytes of an object of `size` bytes; null when nothing is. */
function contradiction(
  { statusCode, headers }: IncomingMessage,
  from: number,
  to: number,
  size: number,
): string | null {
  const length = Number(headers['content-length'] ?? Number.NaN);
  if (length !== to - from + 1) return `${headers['content-length']} bytes instead of ${to - from + 1}`;
  // Without a range all was asked for, too: some stores say so by this status.
  if (statusCode === 200 && length === size) return null;
  const expected = `bytes ${from}-${to}/${size}`;
  const range = headers['content-range'];
  return statusCode === 206 && range === expected
    ? null
    : `"${range ?? `status ${statusCode}`}" instead of "${expected}"`;
}
