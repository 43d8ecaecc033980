import type { WriterState } from '../port.js';

/** Uploads between their last append and their commit, in one request each. A forgotten one costs a `stat`. */
const MAX_STATES = 1000;

/** States whose last part this process wrote itself: the very objects, so that one that was a row in between is not among them. */
export class FreshStates {
  readonly #states = new Map<string, WriterState>();

  add(key: string, state: WriterState): void {
    this.#states.delete(key);
    this.#states.set(key, state);
    if (this.#states.size <= MAX_STATES) return;
    for (const oldest of this.#states.keys()) {
      this.#states.delete(oldest);
      return;
    }
  }

  /** Whether `state` is the last of `key`; true once. */
  take(key: string, state: WriterState): boolean {
    const fresh = this.#states.get(key) === state;
    this.#states.delete(key);
    return fresh;
  }

  forget(key: string): void {
    this.#states.delete(key);
  }
}
