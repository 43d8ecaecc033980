/** An object that this process wrote or looked at so lately counts as there. */
const FRESH_MS = 60_000;
// An entry has about 150 bytes.
const MAX_NAMES = 20_000;

/** Names of objects that were seen at the store in their full size just now. */
export class Verified {
  readonly #seen = new Map<string, number>();

  add(name: string): void {
    if (this.#seen.size >= MAX_NAMES) this.#seen.clear();
    this.#seen.set(name, Date.now());
  }

  has(name: string): boolean {
    const at = this.#seen.get(name);
    return at !== undefined && Date.now() - at < FRESH_MS;
  }

  /** Says that somebody removes all whose name begins with `prefix`. */
  forget(prefix: string): void {
    for (const name of this.#seen.keys()) if (name.startsWith(prefix)) this.#seen.delete(name);
  }
}
