import { performance } from 'node:perf_hooks';
import { BusUnavailable } from '../bus/bus-errors.js';

/** A question on its way, with its own deadline. It is settled once; what comes later is ignored. */
export class Waiting<Q, A> {
  #settled = false;
  readonly #expires: number;
  readonly #timer: NodeJS.Timeout;

  constructor(
    readonly question: Q,
    /** Bytes, for the batch's bound. */
    readonly size: number,
    deadlineMs: number,
    private readonly resolve: (answer: A) => void,
    private readonly reject: (error: Error) => void,
  ) {
    this.#expires = performance.now() + deadlineMs;
    this.#timer = setTimeout(
      () => this.settle(new BusUnavailable('deadline', `no answer within ${deadlineMs} ms`)),
      deadlineMs,
    );
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Until just after its own deadline, so that what it waits for is given up later than itself. */
  remainingMs(): number {
    return Math.max(1, Math.ceil(this.#expires - performance.now()) + 1);
  }

  settle(result: A | Error): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    if (result instanceof Error) this.reject(result);
    else this.resolve(result);
  }
}
