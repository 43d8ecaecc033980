import { createHash, type Hash } from 'node:crypto';
import { type SegmentWorker, segmentWorkers, type SegmentWorkers } from './segment-workers.js';

export type RunningDigestAlgorithm = 'sha256' | 'sha512';

/** Bytes from which on a first piece is worth the message to a worker thread. */
const WORTH_A_THREAD = 512 * 1024;

let named = 0;

/**
 * A digest that goes on from append to append. It begins in this thread and, when its first piece is large and lies in shared memory, in a worker thread:
 * there it stays, as no digest can be moved. Who has it must `discard` it in the end, or the thread keeps it for ever.
 */
export class RunningDigest {
  #here: Hash | null = null;
  #there: { readonly worker: SegmentWorker; readonly name: number } | null = null;
  #failed = false;

  constructor(
    readonly algorithm: RunningDigestAlgorithm,
    private readonly workers: SegmentWorkers = segmentWorkers,
  ) {}

  /** The thread that it is in, when not in this one: its jobs are done in order, the digest's among them. */
  get worker(): SegmentWorker | null {
    return this.#there?.worker ?? null;
  }

  /** Takes the next bytes. The promise, when there is one, says when their memory may be used again; it never fails. */
  update(bytes: Uint8Array): Promise<void> | undefined {
    if (!this.#here && !this.#there) this.#begin(bytes);
    if (this.#here) return void this.#here.update(bytes);
    const { worker, name } = this.#there!;
    const job = {
      kind: 'update',
      digest: name,
      algorithm: this.algorithm,
      frame: bytes,
      length: bytes.length,
    } as const;
    return worker.ask(job).then(nothing, () => void (this.#failed = true));
  }

  /** Another digest of the same bytes, which goes on by itself. */
  copy(): RunningDigest {
    const made = new RunningDigest(this.algorithm, this.workers);
    made.#here = this.#here?.copy() ?? null;
    made.#failed = this.#failed;
    if (this.#there) {
      const { worker, name } = this.#there;
      made.#there = { worker, name: ++named };
      worker.ask({ kind: 'copy', digest: name, copy: named }).catch(() => (made.#failed = true));
    }
    return made;
  }

  /** Of the bytes so far, in hexadecimal; it can go on afterwards. Null when it was lost, with its thread or by `discard`. */
  async hex(): Promise<string | null> {
    if (this.#failed) return null;
    if (!this.#there) return (this.#here ?? createHash(this.algorithm)).copy().digest('hex');
    const { worker, name } = this.#there;
    const answer = await worker.ask({ kind: 'hex', digest: name }).catch(() => null);
    return this.#failed ? null : (answer?.hex ?? null);
  }

  /** Frees what it holds; it is of no use afterwards. */
  discard(): void {
    const there = this.#there;
    this.#here = null;
    this.#there = null;
    this.#failed = true;
    there?.worker.ask({ kind: 'drop', digest: there.name }).catch(nothing);
  }

  #begin(bytes: Uint8Array): void {
    const shared = bytes.buffer instanceof SharedArrayBuffer;
    if (shared && bytes.length >= WORTH_A_THREAD) this.#there = { worker: this.workers.least(), name: ++named };
    else this.#here = createHash(this.algorithm);
  }
}

function nothing(): void {
  // What a thread that is gone forgot needs no one.
}
