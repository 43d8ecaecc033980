/** Runs work of the same key one after another and of different keys at once. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<void>>();

  /** Resolves when this work is done. `work` must not throw. */
  run(key: string, work: () => Promise<void>): Promise<void> {
    const tail = (this.#tails.get(key) ?? Promise.resolve()).then(work).finally(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    this.#tails.set(key, tail);
    return tail;
  }

  /** Keys with work under way. */
  get size(): number {
    return this.#tails.size;
  }
}
