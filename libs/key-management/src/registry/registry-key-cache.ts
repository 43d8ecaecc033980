import type { RegistryKey } from '@entrepot/blob-store';

// An entry is a KeyObject and two short texts: 10,000 are a few megabytes.
const MAX_KEYS = 10_000;

interface Current {
  readonly key: RegistryKey | null;
  readonly until: number;
}

/** Unwrapped keys in this process's memory. Bounded: beyond it the one that was put in first is dropped, and unwrapped again when it is asked for. */
export class RegistryKeyCache {
  readonly #keys = new Map<string, RegistryKey>();
  readonly #current = new Map<string, Current>();

  constructor(
    private readonly now: () => number,
    private readonly limit = MAX_KEYS,
  ) {}

  byId(registryId: string, keyId: string): RegistryKey | undefined {
    return this.#keys.get(`${registryId}/${keyId}`);
  }

  keep(registryId: string, key: RegistryKey): void {
    put(this.#keys, `${registryId}/${key.id}`, key, this.limit);
  }

  /** Undefined when it isn't known, or not any more. */
  current(registryId: string): RegistryKey | null | undefined {
    const entry = this.#current.get(registryId);
    return entry && entry.until > this.now() ? entry.key : undefined;
  }

  keepCurrent(registryId: string, key: RegistryKey | null, forMs: number): void {
    this.#current.delete(registryId);
    put(this.#current, registryId, { key, until: this.now() + forMs }, this.limit);
  }

  clear(): void {
    this.#keys.clear();
    this.#current.clear();
  }
}

function put<V>(map: Map<string, V>, key: string, value: V, limit: number): void {
  map.set(key, value);
  if (map.size <= limit) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
