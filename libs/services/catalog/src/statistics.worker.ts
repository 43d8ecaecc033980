import type { Database, PlatformLogger } from '@entrepot/platform-persistence';
import { RepeatedRun } from './repeated-run.js';

/** Often enough that a load test of a fresh installation doesn't measure the planner's ignorance. */
const INTERVAL_MS = 5_000;

/**
 * Tables that grew by more than half since their statistics were taken, or that have none. Autovacuum would see to them too, a minute later, and
 * prepared statements keep the plans of an empty table until then. Large tables are left to it.
 */
const DUE = `SELECT quote_ident(relname) AS name FROM pg_stat_user_tables
  WHERE schemaname = $1 AND n_mod_since_analyze > 100 + 0.5 * n_live_tup AND n_live_tup < 1000000`;

/** Takes statistics of young tables soon. Any number of replicas may do so: ANALYZE only waits for another ANALYZE. */
export class StatisticsWorker {
  readonly #runs = new RepeatedRun(
    async () => void (await this.run()),
    (err) => this.logger.warn({ err }, 'statistics could not be taken'),
  );

  constructor(
    private readonly database: Database,
    private readonly logger: PlatformLogger,
  ) {}

  start(): void {
    this.#runs.start(INTERVAL_MS);
  }

  stop(): Promise<void> {
    return this.#runs.stop();
  }

  /** Resolves to the tables that were looked at. */
  async run(): Promise<string[]> {
    const due = await this.database.query<{ name: string }>(DUE, [this.database.schema]);
    for (const { name } of due) await this.database.query(`ANALYZE ${name}`);
    return due.map(({ name }) => name);
  }
}
