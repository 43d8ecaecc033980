import { QuestionBatcher } from './question-batcher.js';

/** Writes items of a kind. Those that arrive while others are being written leave together, as one write. */
export class WriteBatcher<T> {
  readonly #batches: QuestionBatcher<T, true>;

  /** `writeAll` may be given an item again whose write has failed, or is late. */
  constructor(writeAll: (items: T[]) => Promise<void>) {
    this.#batches = new QuestionBatcher<T, true>({
      // More than one would only wait for each other's rows.
      maxInFlight: 1,
      ask: async (items) => {
        await writeAll(items);
        return items.map(() => true);
      },
    });
  }

  /** Resolves when the item is written. Throws what its own write met, or `BusUnavailable` when that takes too long. */
  async write(item: T): Promise<void> {
    await this.#batches.ask(item);
  }
}
