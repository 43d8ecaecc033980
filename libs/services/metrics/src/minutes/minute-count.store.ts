import type { Database } from '@entrepot/platform-persistence';
import { type MetricName, NO_REGISTRY } from './metric.js';

/** One fact, as it counts. */
export interface CountedFact {
  eventId: string;
  accountId: string;
  registryId: string;
  metric: MetricName;
  minute: Date;
  count: number;
}

export interface MinuteCount {
  metric: MetricName;
  minute: Date;
  count: number;
}

export interface Total {
  accountId: string;
  /** `other` for all beyond the bound. */
  registryId: string;
  metric: MetricName;
  count: number;
}

/** The same in every replica: an event that one of them has counted is counted. */
const CONSUMER = 'metrics';
/** Rows of one DELETE: some milliseconds, so that nothing waits for it. */
const DROP_AT_ONCE = 10_000;

// Sorted, so that replicas that count the same registry lock its rows in one order.
const ADD = `
  WITH given AS (
    SELECT DISTINCT ON (event_id) *
    FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[])
      AS fact (event_id, account_id, registry_id, metric, minute, count)
    ORDER BY event_id
  ), fresh AS (
    INSERT INTO inbox (consumer, event_id) SELECT $1, event_id FROM given ON CONFLICT DO NOTHING RETURNING event_id
  ), counted AS (
    SELECT account_id, registry_id, metric, minute, sum(count) AS count
    FROM given JOIN fresh USING (event_id) GROUP BY 1, 2, 3, 4
  ), totals AS (
    INSERT INTO metric_total AS known (account_id, registry_id, metric, count)
    SELECT account_id, registry_id, metric, sum(count) FROM counted GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (account_id, registry_id, metric) DO UPDATE SET count = known.count + excluded.count
  )
  INSERT INTO minute_count AS known (account_id, registry_id, metric, minute, count)
  SELECT account_id, registry_id, metric, minute, count FROM counted ORDER BY 1, 2, 3, 4
  ON CONFLICT (account_id, registry_id, metric, minute) DO UPDATE SET count = known.count + excluded.count`;

/** The counts in Postgres. */
export class MinuteCountStore {
  constructor(private readonly database: Database) {}

  /** Adds facts to their minutes and totals in one statement. Those that were added before, in any replica, change nothing. */
  async add(facts: readonly CountedFact[]): Promise<void> {
    const column = <K extends keyof CountedFact>(name: K): CountedFact[K][] => facts.map((fact) => fact[name]);
    const columns = (['eventId', 'accountId', 'registryId', 'metric', 'minute', 'count'] as const).map(column);
    await this.database.ask({ name: 'minute-count-add', text: ADD, values: [CONSUMER, ...columns] });
  }

  /**
   * Minutes in which something happened, `from` included, `to` not, oldest first. Logins at the installation's own host name no registry;
   * they are told with each registry of their account.
   */
  async read(of: {
    accountId: string;
    registryId: string;
    metrics: readonly MetricName[];
    from: Date;
    to: Date;
  }): Promise<MinuteCount[]> {
    const rows = await this.database.query<{ metric: MetricName; minute: Date; count: string }>(
      `SELECT metric, minute, sum(count) AS count FROM minute_count
       WHERE account_id = $1 AND registry_id IN ($2, '${NO_REGISTRY}') AND metric = ANY($3) AND minute >= $4 AND minute < $5
       GROUP BY metric, minute ORDER BY metric, minute`,
      [of.accountId, of.registryId, of.metrics, of.from, of.to],
    );
    return rows.map((row) => ({ ...row, count: Number(row.count) }));
  }

  /** Totals of the first `maxRegistries` registries, the rest added up. Ids sort by age, so who is shown alone stays so. */
  async totals(maxRegistries: number): Promise<Total[]> {
    const rows = await this.database.query<{
      account_id: string;
      registry_id: string;
      metric: MetricName;
      count: string;
    }>(
      `WITH shown AS (SELECT DISTINCT registry_id, account_id FROM metric_total ORDER BY 1, 2 LIMIT $1)
       SELECT coalesce(shown.account_id, 'other') AS account_id, coalesce(shown.registry_id, 'other') AS registry_id,
              metric, sum(count) AS count
       FROM metric_total LEFT JOIN shown USING (account_id, registry_id) GROUP BY 1, 2, 3 ORDER BY 3, 2, 1`,
      [maxRegistries],
    );
    return rows.map((row) => ({
      accountId: row.account_id,
      registryId: row.registry_id,
      metric: row.metric,
      count: Number(row.count),
    }));
  }

  /** Forgets minutes before `before`, a few rows at a time. Resolves to how many. */
  async dropBefore(before: Date): Promise<number> {
    for (let dropped = 0; ;) {
      const [row] = await this.database.query<{ count: string }>(
        `WITH gone AS (
           DELETE FROM minute_count WHERE ctid = ANY (ARRAY(SELECT ctid FROM minute_count WHERE minute < $1 LIMIT ${DROP_AT_ONCE}))
           RETURNING 1
         ) SELECT count(*) FROM gone`,
        [before],
      );
      dropped += Number(row?.count ?? 0);
      if (Number(row?.count ?? 0) < DROP_AT_ONCE) return dropped;
    }
  }
}
