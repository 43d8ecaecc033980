/**
 * A map that forgets. It keeps two generations: a read never reorders anything unless the entry is in the older one, and when the younger
 * is full the older is dropped as a whole. So it holds at most `limit` of weight, and a hit costs one lookup.
 */
export class BoundedCache<K, V> {
  #young = new Map<K, { value: V; weight: number }>();
  #old = new Map<K, { value: V; weight: number }>();
  #youngWeight = 0;

  /** `limit` is in entries, or in whatever unit `set` is given as weight. */
  constructor(private readonly limit: number) {}

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young) return young.value;
    const old = this.#old.get(key);
    if (!old) return undefined;
    this.set(key, old.value, old.weight);
    return old.value;
  }

  /** An entry that alone outweighs a generation is not kept. */
  set(key: K, value: V, weight = 1): void {
    this.delete(key);
    if (weight > this.limit / 2) return;
    if (this.#youngWeight + weight > this.limit / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngWeight = 0;
    }
    this.#young.set(key, { value, weight });
    this.#youngWeight += weight;
  }

  delete(key: K): void {
    const young = this.#young.get(key);
    if (young) this.#youngWeight -= young.weight;
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngWeight = 0;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
