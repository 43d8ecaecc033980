import { messageOf } from '@entrepot/platform-observability';
import { MasterKeyMissing, MasterKeyWrong } from '../errors.js';
import type { KeyContext, MasterKeys, WrappedKey } from '../master-keys.js';

/** A registry key as the catalog keeps it. */
export type KeptKey = KeyContext & WrappedKey;

/** What a master key can't open. */
export interface KeyProblem {
  readonly masterKeyId: string;
  /** `missing`: not held. `wrong`: held by that name, and does not open what it should. */
  readonly kind: 'missing' | 'wrong';
  readonly registries: number;
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
  #checked = 0;
  #opened = 0;
  readonly #closed = new Map<string, { masterKeyId: string; kind: 'missing' | 'wrong'; registries: Set<string> }>();

  async try(masterKeys: MasterKeys | null, key: KeptKey): Promise<void> {
    try {
      if (!masterKeys) throw new MasterKeyMissing(key.masterKeyId);
      await masterKeys.unwrap(key, key);
      this.#checked++;
      this.#opened++;
    } catch (error) {
      if (error instanceof MasterKeyMissing) this.#note('missing', key);
      else if (error instanceof MasterKeyWrong) this.#note('wrong', key);
      else this.unavailable = messageOf(error);
    }
  }

  verdict(): KeyVerdict {
    const problems = [...this.#closed.values()].map(({ masterKeyId, kind, registries }) => ({
      masterKeyId,
      kind,
      registries: registries.size,
    }));
    return { checked: this.#checked, opened: this.#opened, problems, unavailable: this.unavailable };
  }

  #note(kind: 'missing' | 'wrong', { masterKeyId, registryId }: KeptKey): void {
    this.#checked++;
    const entry = this.#closed.get(`${kind} ${masterKeyId}`) ?? { masterKeyId, kind, registries: new Set() };
    this.#closed.set(`${kind} ${masterKeyId}`, { ...entry, registries: entry.registries.add(registryId) });
  }
}

/** One sentence on what can't be opened and what to do; null when everything can. */
export function problemSentence({
  problems,
  unavailable,
}: Pick<KeyVerdict, 'problems' | 'unavailable'>): string | null {
  if (problems.length > 0) {
    const parts = problems.map(({ masterKeyId, kind, registries }) => {
      const of = `${registries} ${registries === 1 ? 'registry' : 'registries'}`;
      return kind === 'missing'
        ? `the master key ${masterKeyId} is missing, which the keys of ${of} are wrapped with`
        : `the master key ${masterKeyId} does not open the keys of ${of} although it bears the right name`;
    });
    return `Encrypted registries can't be opened: ${parts.join('; ')}. Give the master key back (ENTREPOT_MASTER_KEY_FILE, or the Vault of ENTREPOT_VAULT_ADDRESS) and start again; nothing was changed.`;
  }
  return unavailable === null ? null : `The keys of encrypted registries can't be checked: ${unavailable}.`;
}
