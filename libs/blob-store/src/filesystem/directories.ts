import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './system-error.js';

// Bounds the memory of a store with very many registries; a forgotten directory costs one mkdir and one fsync when it is next used.
const MAX_KNOWN = 50_000;

export type SyncDirectory = (directory: string) => Promise<void>;

interface Sync {
  readonly running: Promise<void>;
  next: Promise<void> | null;
}

/** Makes directories, and entries in them, survive a power cut, with as few system calls as that needs. */
export class Directories {
  readonly #known = new Map<string, Promise<void>>();
  readonly #syncs = new Map<string, Sync>();

  constructor(
    private readonly root: string,
    private readonly syncDirectory: SyncDirectory = fsyncDirectory,
  ) {}

  /** Makes `directory`, below the root, exist durably. The root itself is never made here: when it is gone, a mount is. */
  ensure(directory: string): Promise<void> {
    if (directory === this.root) return Promise.resolve();
    const known = this.#known.get(directory);
    if (known) return known;
    const made = this.#make(directory);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(directory, made);
    made.catch(() => this.#known.delete(directory));
    return made;
  }

  /** Says that somebody removed `directory`, and perhaps those above it. */
  forget(directory: string): void {
    for (let path = directory; path !== this.root && path !== dirname(path); path = dirname(path)) {
      this.#known.delete(path);
    }
  }

  /**
   * Makes the entries that `directory` has now durable. Callers that arrive while an fsync runs share the one after it: the running one may
   * have begun before their entry was there.
   */
  sync(directory: string): Promise<void> {
    const current = this.#syncs.get(directory);
    if (!current) return this.#startSync(directory);
    current.next ??= current.running.catch(() => undefined).then(() => this.#startSync(directory));
    return current.next;
  }

  async #make(directory: string): Promise<void> {
    const parent = dirname(directory);
    await this.ensure(parent);
    await mkdir(directory, { mode: 0o700 }).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
    // Also when it existed: another process may have made it a moment ago and not be done with this step.
    await this.sync(parent);
  }

  #startSync(directory: string): Promise<void> {
    const sync: Sync = { running: this.syncDirectory(directory), next: null };
    this.#syncs.set(directory, sync);
    const done = (): void => {
      if (this.#syncs.get(directory) === sync && !sync.next) this.#syncs.delete(directory);
    };
    sync.running.then(done, done);
    return sync.running;
  }
}

export async function fsyncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
