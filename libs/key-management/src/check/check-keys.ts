import { messageOf } from '@entrepot/platform-observability';
import { MasterKeyMissing, MasterKeyWrong } from '../errors.js';
import type { KeyContext, MasterKeys, WrappedKey } from '../master-keys.js';

/** A registry key as the catalog keeps it. */
export type KeptKey = KeyContext & WrappedKey;

/** What a master key can't open. */
export interface KeyProblem {
  readonly masterKeyId: string;
  /**
   * `missing`: the master key is not held. `wrong`: one of that name is held, and opens nothing. `damaged`: it opens other keys, so these rows
   * were changed.
   */
  readonly kind: 'missing' | 'wrong' | 'damaged';
  readonly registries: number;
  /** Of a missing one, where its holder knows why: what it says, and what to do. */
  readonly why?: string;
}

export interface KeyVerdict {
  /** Registry keys that were tried. */
  readonly checked: number;
  readonly opened: number;
  readonly problems: readonly KeyProblem[];
  /** Why the rest couldn't be tried: the key service doesn't answer. Null when all were. */
  readonly unavailable: string | null;
}

/** A key service answers each try; a file's keys need microseconds. */
const AT_ONCE = 8;

/** Tries to open every key of each page. Never rejects for what a key or a key service does; what `pages` throws passes through. */
export async function checkKeys(
  masterKeys: MasterKeys | null,
  pages: AsyncIterable<readonly KeptKey[]> | Iterable<readonly KeptKey[]>,
): Promise<KeyVerdict> {
  const tally = new Tally();
  for await (const page of pages) {
    for (let at = 0; at < page.length && tally.unavailable === null; at += AT_ONCE) {
      await Promise.all(page.slice(at, at + AT_ONCE).map((key) => tally.try(masterKeys, key)));
    }
    if (tally.unavailable !== null) break;
  }
  return tally.verdict();
}

class Tally {
  unavailable: string | null = null;
  #opened = 0;
  #closed = 0;
  readonly #opening = new Set<string>();
  readonly #missing = new Map<string, Set<string>>();
  readonly #why = new Map<string, string>();
  readonly #wrong = new Map<string, Set<string>>();

  async try(masterKeys: MasterKeys | null, key: KeptKey): Promise<void> {
    try {
      if (!masterKeys) throw new MasterKeyMissing(key.masterKeyId);
      await masterKeys.unwrap(key, key);
      this.#opened++;
      this.#opening.add(key.masterKeyId);
    } catch (error) {
      if (error instanceof MasterKeyMissing) {
        if (error.why !== undefined) this.#why.set(key.masterKeyId, error.why);
        this.#note(this.#missing, key);
      } else if (error instanceof MasterKeyWrong) this.#note(this.#wrong, key);
      else this.unavailable = messageOf(error);
    }
  }

  verdict(): KeyVerdict {
    const missing = [...this.#missing].map(([masterKeyId, { size: registries }]) => {
      const why = this.#why.get(masterKeyId);
      return { masterKeyId, kind: 'missing', registries, ...(why === undefined ? {} : { why }) } as const;
    });
    const wrong = [...this.#wrong].map(([masterKeyId, { size: registries }]) => {
      return { masterKeyId, kind: this.#opening.has(masterKeyId) ? 'damaged' : 'wrong', registries } as const;
    });
    const checked = this.#opened + this.#closed;
    return { checked, opened: this.#opened, problems: [...missing, ...wrong], unavailable: this.unavailable };
  }

  #note(where: Map<string, Set<string>>, { masterKeyId, registryId }: KeptKey): void {
    this.#closed++;
    where.set(masterKeyId, (where.get(masterKeyId) ?? new Set()).add(registryId));
  }
}
