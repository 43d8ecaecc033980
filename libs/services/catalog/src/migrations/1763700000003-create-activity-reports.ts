import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The reports of pulls and refusals that were counted already, per registry. A new table only. Going back, a repeated report counts twice. */
export class CreateActivityReports1763700000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE activity_report (
        registry_id text COLLATE "C" NOT NULL,
        report_id text COLLATE "C" NOT NULL,
        received_at timestamptz NOT NULL,
        PRIMARY KEY (registry_id, report_id)
      )`);
    await runner.query(`CREATE INDEX activity_report_received ON activity_report (received_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE activity_report`);
  }
}
