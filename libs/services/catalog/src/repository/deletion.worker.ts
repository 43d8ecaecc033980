import { DatabaseUnavailable, type PlatformLogger } from '@entrepot/platform-persistence';
import type { CatalogPorts } from '../catalog-ports.js';
import { after, UNDELETE_MS } from '../durations.js';
import { endSomeContents } from '../image/ending.store.js';
import { endRepository } from './delete-repository.js';
import { type DeletingRepository, deletingRepositories, markInactive } from './repository.store.js';

/** Who begins a deletion wakes the worker of its own process; this is for what a killed process left. */
const INTERVAL_MS = 10_000;
/** Rows that one transaction holds: some hundred milliseconds' worth. */
const BATCH = { images: 200, manifests: 1_000 };
const MAX_REPOSITORIES = 100;

/**
 * Goes on with what deletions left to do: images of repositories in state Deleting, manifests and tags of images that ended. Any number of replicas
 * may run it; each step is a small transaction, and a run that is cut off is continued by the next one.
 */
export class DeletionWorker {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;

  constructor(
    private readonly ports: CatalogPorts,
    private readonly logger: PlatformLogger,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.wake(), INTERVAL_MS).unref();
  }

  /** There is something to do. */
  wake(): void {
    this.#again = true;
    if (this.#stopped) return;
    this.#running ??= this.#runAll().finally(() => (this.#running = null));
  }

  /** Resolves when all is done that it was woken for. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Ends after the step that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  /** One run through all that there is to do. */
  async #run(): Promise<void> {
    for (const repository of await deletingRepositories(this.ports.database, MAX_REPOSITORIES)) {
      if (this.#stopped) return;
      await this.#end(repository);
    }
    const { database, clock } = this.ports;
    const some = () =>
      database.inTransaction((tx) => endSomeContents(tx, { ...BATCH, keepUntil: after(clock(), UNDELETE_MS) }));
    while (!this.#stopped && (await some()));
  }

  async #runAll(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      await this.#run().catch((err: unknown) =>
        this.logger.warn({ err }, 'a deletion was cut off; the next run goes on'),
      );
    }
  }

  /** One that can't be deleted says so, and the others don't wait for it. */
  async #end(repository: DeletingRepository): Promise<void> {
    try {
      while (!(await endRepository(this.ports, repository, 0))) if (this.#stopped) return;
    } catch (err) {
      if (err instanceof DatabaseUnavailable) throw err;
      this.logger.error({ err, repositoryId: repository.repositoryId }, 'a repository could not be deleted');
      await markInactive(this.ports.database, repository);
    }
  }
}
