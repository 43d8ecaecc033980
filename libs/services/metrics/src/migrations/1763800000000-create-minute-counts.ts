import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How often what happened, per minute and since the beginning. New tables only. `registry_id` is `_` for what concerns no single registry.
 * The account stands first: what a caller may see is a range of the key. Going back, all counts are lost.
 */
export class CreateMinuteCounts1763800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE minute_count (
        account_id text COLLATE "C" NOT NULL,
        registry_id text COLLATE "C" NOT NULL,
        metric text COLLATE "C" NOT NULL,
        minute timestamptz NOT NULL,
        count bigint NOT NULL,
        PRIMARY KEY (account_id, registry_id, metric, minute)
      )`);
    await runner.query(`CREATE INDEX minute_count_minute ON minute_count (minute)`);
    // A sum over the minutes would fall when old ones are dropped, and Prometheus would take that for a restart.
    await runner.query(`
      CREATE TABLE metric_total (
        account_id text COLLATE "C" NOT NULL,
        registry_id text COLLATE "C" NOT NULL,
        metric text COLLATE "C" NOT NULL,
        count bigint NOT NULL,
        PRIMARY KEY (account_id, registry_id, metric)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE metric_total`);
    await runner.query(`DROP TABLE minute_count`);
  }
}
