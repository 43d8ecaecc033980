type Item<T> = { readonly value: Promise<T> } | { readonly end: true } | { readonly error: unknown };

/** A producer's results in its order, each perhaps still being made, with a bound on how far it is ahead. One producer, one consumer. */
export class FrameQueue<T> {
  readonly #items: Item<T>[] = [];
  #ahead = 0;
  #closed = false;
  #wakeConsumer: () => void = () => undefined;
  #wakeProducer: () => void = () => undefined;

  /** Takes a place for a value that is about to be made; false when the producer is too far ahead. */
  enter(most: number): boolean {
    if (this.#ahead >= most || this.#closed) return false;
    this.#ahead++;
    return true;
  }

  /** Waits for a place. Rejects when the queue is closed. */
  async room(most: number): Promise<void> {
    while (!this.#closed && this.#ahead >= most) await new Promise<void>((resolve) => (this.#wakeProducer = resolve));
    if (this.#closed) throw new Error('nobody takes the frames any more');
  }

  push(value: Promise<T>): void {
    // Seen when its turn comes.
    value.catch(() => undefined);
    this.#add({ value });
  }

  end(): void {
    this.#add({ end: true });
  }

  fail(error: unknown): void {
    this.#add({ error });
  }

  /** The next value, or null at the end. Rejects with the producer's error. */
  async shift(): Promise<T | null> {
    while (!this.#closed && this.#items.length === 0)
      await new Promise<void>((resolve) => (this.#wakeConsumer = resolve));
    const item = this.#closed ? undefined : this.#items.shift();
    if (!item || 'end' in item) return null;
    if ('error' in item) throw item.error;
    const value = await item.value;
    this.#ahead--;
    this.#wakeProducer();
    return value;
  }

  /** Nobody takes anything any more: wakes whoever waits. */
  close(): void {
    this.#closed = true;
    this.#wakeConsumer();
    this.#wakeProducer();
  }

  #add(item: Item<T>): void {
    this.#items.push(item);
    this.#wakeConsumer();
  }
}
