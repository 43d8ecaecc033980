import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SegmentAnswer, SegmentJob } from './segment-jobs.js';
import { WORKER_MARK } from './segment-work.js';

/** More would only share the memory's bandwidth. */
const MAX_WORKERS = 8;

/** The worker thread ended by itself, and with it the digests that it kept. Not expected: it runs nothing but ours. */
export class WorkerLost extends Error {
  override readonly name = 'WorkerLost';
}

interface Waiting {
  resolve(answer: SegmentAnswer): void;
  reject(error: Error): void;
}

/** One worker thread. Jobs are done in the order in which they are asked. It keeps no process alive that waits for nothing else. */
export class SegmentWorker {
  readonly #waiting = new Map<number, Waiting>();
  readonly #thread: Worker;
  #asked = 0;
  #lost: WorkerLost | null = null;

  constructor() {
    // The same file, compiled or not: Node runs both.
    const file = import.meta.url.endsWith('.ts') ? './segment-work.ts' : './segment-work.js';
    this.#thread = new Worker(new URL(file, import.meta.url), { workerData: WORKER_MARK, execArgv: [], stdout: false });
    this.#thread.unref();
    this.#thread.on('message', (answer: SegmentAnswer) => this.#settle(answer));
    this.#thread.on('error', (cause) => this.#lose(cause));
    this.#thread.on('exit', () => this.#lose());
  }

  get lost(): boolean {
    return this.#lost !== null;
  }

  /** Jobs that are not done. */
  get busy(): number {
    return this.#waiting.size;
  }

  /** Throws `WorkerLost` when the thread has ended. */
  ask(job: SegmentJob): Promise<SegmentAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      const id = ++this.#asked;
      if (this.#waiting.size === 0) this.#thread.ref();
      this.#waiting.set(id, { resolve, reject });
      this.#thread.postMessage({ ...job, id });
    });
  }

  /** What is under way fails. For tests: a process that ends takes its threads along. */
  async end(): Promise<void> {
    await this.#thread.terminate();
  }

  #settle(answer: SegmentAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#thread.unref();
    waiting?.resolve(answer);
  }

  #lose(cause?: unknown): void {
    this.#lost ??= new WorkerLost('a worker thread of the blob store ended', { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#lost);
    this.#waiting.clear();
  }
}

/** As many threads as the machine has cores, made when they are first needed. */
export class SegmentWorkers {
  readonly #workers: SegmentWorker[] = [];

  constructor(private readonly size = Math.min(MAX_WORKERS, availableParallelism())) {}

  /** The one with the least to do. One that was lost is replaced. */
  least(): SegmentWorker {
    const idle = this.#workers.find((worker) => !worker.lost && worker.busy === 0);
    if (idle) return idle;
    const gone = this.#workers.findIndex((worker) => worker.lost);
    if (gone !== -1) return (this.#workers[gone] = new SegmentWorker());
    if (this.#workers.length < this.size) return this.#add();
    return this.#workers.reduce((least, worker) => (worker.busy < least.busy ? worker : least));
  }

  #add(): SegmentWorker {
    const worker = new SegmentWorker();
    this.#workers.push(worker);
    return worker;
  }
}

/** Shared by all stores of the process: the cores are the process's. */
export const segmentWorkers = new SegmentWorkers();
