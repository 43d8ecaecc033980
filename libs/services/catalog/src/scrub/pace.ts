import { setTimeout as sleep } from 'node:timers/promises';

/** What a pause may be caught up with: after it, as many bytes at once as this time is worth. */
const BURST_MS = 250;

/** Holds a reader to a rate, whatever the sizes of its pieces. */
export class Pace {
  /** When the bytes taken so far would have come at exactly the rate. */
  #paidUntil = 0;

  constructor(
    private readonly bytesPerSecond: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Resolves when `bytes` more fit into the rate. Throws the signal's reason. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = this.now();
    this.#paidUntil = Math.max(this.#paidUntil, now - BURST_MS) + (bytes / this.bytesPerSecond) * 1_000;
    const waitMs = this.#paidUntil - now;
    if (waitMs >= 1) await sleep(waitMs, undefined, { signal });
  }
}
