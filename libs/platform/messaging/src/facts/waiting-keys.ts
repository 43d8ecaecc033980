/** The first wait; each failure in a row doubles it. */
const FIRST_WAIT_MS = 1_000;
/** A fact that can be published again is then at most this late. */
const MAX_WAIT_MS = 30_000;

/** Ordering keys whose first fact could not be published, each with the moment when it is tried again. */
export class WaitingKeys {
  readonly #keys = new Map<string, { failures: number; dueAt: number }>();

  constructor(private readonly now: () => number = Date.now) {}

  get size(): number {
    return this.#keys.size;
  }

  /** The key waits, longer each time. */
  failed(key: string): void {
    const failures = (this.#keys.get(key)?.failures ?? 0) + 1;
    this.#keys.set(key, { failures, dueAt: this.now() + Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), MAX_WAIT_MS) });
  }

  /** The key waits no more. */
  succeeded(key: string): void {
    this.#keys.delete(key);
  }

  /** Those that are not to be tried yet. */
  passedOver(): string[] {
    const now = this.now();
    return [...this.#keys].filter(([, { dueAt }]) => dueAt > now).map(([key]) => key);
  }

  /** Milliseconds until the next one is due; infinite when none waits. */
  nextDueMs(): number {
    const now = this.now();
    return Math.min(Infinity, ...[...this.#keys.values()].map(({ dueAt }) => Math.max(0, dueAt - now)));
  }
}
