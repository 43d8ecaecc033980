import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Bytes that each registry stores: a sum, and the changes that are not in it yet. Two new tables. The first sums are taken while blobs can't be
 * written, for as long as it takes to read their rows once; what a replica of an older version stores after that is not counted.
 * Going back, usage is summed over all blobs again and no quota of bytes holds.
 */
export class CountUsage1763700000040 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE registry_usage (
        registry_id text COLLATE "C" PRIMARY KEY REFERENCES registry,
        bytes bigint NOT NULL
      ) WITH (fillfactor = 50)`);
    // Appended by each push of a new blob and emptied every second: pushes of one registry never wait for each other's row.
    await runner.query(`
      CREATE TABLE registry_usage_change (
        registry_id text COLLATE "C" NOT NULL,
        change_id bigint GENERATED ALWAYS AS IDENTITY,
        bytes bigint NOT NULL,
        PRIMARY KEY (registry_id, change_id)
      )`);
    await runner.query(`LOCK TABLE blob IN SHARE MODE`);
    await runner.query(`
      INSERT INTO registry_usage (registry_id, bytes)
      SELECT registry_id, sum(size)::bigint FROM blob WHERE state = 'live' GROUP BY registry_id`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE registry_usage_change, registry_usage`);
  }
}
