import type { Database, PlatformLogger } from '@entrepot/platform-persistence';
import { RepeatedRun } from '../repeated-run.js';
import { registriesToSum, sumUsage } from './usage.store.js';

/** What is not summed yet is read by each push of a registry that has a limit: a second of it stays small. */
const INTERVAL_MS = 1_000;
/** In one run; the next one goes on. */
const MAX_REGISTRIES = 1_000;

/** Moves changes of usage into the registries' sums. Any number of replicas may do so. */
export class UsageWorker {
  readonly #runs = new RepeatedRun(
    () => this.run(),
    (err) => this.logger.warn({ err }, 'usage could not be summed; the next run goes on'),
  );

  constructor(
    private readonly database: Database,
    private readonly logger: PlatformLogger,
  ) {}

  start(): void {
    this.#runs.start(INTERVAL_MS);
  }

  /** Ends after the run that is under way. */
  stop(): Promise<void> {
    return this.#runs.stop();
  }

  async run(): Promise<void> {
    for (const registryId of await registriesToSum(this.database, MAX_REGISTRIES)) {
      await this.database.inTransaction((tx) => sumUsage(tx, registryId));
    }
  }
}
