import { setTimeout as delay } from 'node:timers/promises';

/** Lets at most so many bytes a second through, of all streams together. */
export class ByteRate {
  #freeAt = 0;

  /** Null: as many as come. */
  constructor(
    private readonly bytesPerSecond: number | null,
    private readonly now: () => number = () => performance.now(),
    private readonly wait: (ms: number) => Promise<unknown> = delay,
  ) {}

  async *limit(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of bytes) {
      await this.#take(chunk.length);
      yield chunk;
    }
  }

  /** Each chunk waits until those before it have had their time. */
  async #take(bytes: number): Promise<void> {
    if (this.bytesPerSecond === null) return;
    const now = this.now();
    const start = Math.max(this.#freeAt, now);
    this.#freeAt = start + (bytes / this.bytesPerSecond) * 1_000;
    if (start > now) await this.wait(start - now);
  }
}
