/** Callers that want the same thing while it is being fetched share one attempt. Bounded by the requests under way. */
export class SingleFlight<T> {
  readonly #underWay = new Map<string, Promise<T>>();

  run(key: string, work: () => Promise<T>): Promise<T> {
    const shared = this.#underWay.get(key);
    if (shared) return shared;
    const attempt = work().finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, attempt);
    return attempt;
  }
}
