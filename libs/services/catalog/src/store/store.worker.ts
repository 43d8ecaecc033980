import type { BlobStore } from '@entrepot/blob-store';
import type { PlatformLogger } from '@entrepot/platform-persistence';
import type { CatalogPorts } from '../catalog-ports.js';
import type { RegistryPlaces } from '../registry/registry-places.js';
import { RepeatedRun } from '../repeated-run.js';
import type { StoreGuard } from './store-guard.js';
import { takeTurn } from './turn.store.js';
import { endUnfinishedWrites } from './unfinished-writes.js';

/** Listing what is unfinished costs requests by the thousand, and what is abandoned has waited for days already. */
const UNFINISHED_EVERY_SECONDS = 6 * 3_600;

export interface StoreWorkerNeeds {
  readonly ports: CatalogPorts;
  readonly store: BlobStore;
  readonly places: RegistryPlaces;
  readonly guard: Pick<StoreGuard, 'claim' | 'mayRemove'>;
  readonly logger: PlatformLogger;
}

/** Keeps the store in step with the rows: places of registries are made and removed, abandoned writes ended. Any number of replicas may run it. */
export class StoreWorker {
  readonly #stop = new AbortController();
  readonly #runs = new RepeatedRun(
    () => this.run(),
    (err) => this.needs.logger.warn({ err }, 'a run of the store worker failed; the next one goes on'),
  );

  constructor(private readonly needs: StoreWorkerNeeds) {}

  /** The store is ours, and registries that were made before have their places, as far as it lets us. Throws `StorageRefused`. */
  async prepare(): Promise<void> {
    await this.needs.guard.claim();
    await this.needs.places.makeMissing(this.#stop.signal);
  }

  /** Runs every `intervalSeconds`, one run at a time. */
  start(intervalSeconds: number): void {
    this.#runs.start(intervalSeconds * 1_000);
  }

  /** Ends after the step that is under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#runs.stop();
  }

  async run(): Promise<void> {
    const { places, guard } = this.needs;
    const { signal } = this.#stop;
    await places.makeMissing(signal);
    const remove = await guard.mayRemove();
    if (remove) await places.removeLeft(signal);
    await this.#endUnfinished(remove);
  }

  async #endUnfinished(remove: boolean): Promise<void> {
    const { ports, store, logger } = this.needs;
    const { database, clock } = ports;
    const now = clock();
    if (!(await takeTurn(database, 'unfinished-writes', now, UNFINISHED_EVERY_SECONDS))) return;
    const report = await endUnfinishedWrites({ database, store, logger }, { now, remove, signal: this.#stop.signal });
    if (report.abandoned > 0) logger.info(report, 'abandoned writes in the blob store');
  }
}
