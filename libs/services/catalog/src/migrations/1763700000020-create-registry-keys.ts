import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Data keys of encrypted registries, wrapped. `registry.encrypted` says that there must be one, so that lost rows are never taken for a registry
 * that was not encrypted; it is added without rewriting the table, under a lock of milliseconds. Going back drops the keys: every encrypted blob
 * is then unreadable for good, so it is for an installation that has none, and refused otherwise.
 */
export class CreateRegistryKeys1763700000020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE registry ADD COLUMN encrypted boolean NOT NULL DEFAULT false`);
    await runner.query(`
      CREATE TABLE registry_key (
        registry_id text COLLATE "C" NOT NULL REFERENCES registry,
        key_id text COLLATE "C" NOT NULL,
        wrapped text NOT NULL,
        master_key_id text COLLATE "C" NOT NULL,
        created_at timestamptz NOT NULL,
        created_by text NOT NULL,
        retired_at timestamptz,
        PRIMARY KEY (registry_id, key_id)
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX registry_key_current ON registry_key (registry_id) WHERE retired_at IS NULL`,
    );
    await runner.query(`CREATE INDEX registry_key_master ON registry_key (master_key_id, registry_id, key_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const [row] = (await runner.query(`SELECT 1 FROM registry_key LIMIT 1`)) as unknown[];
    if (row !== undefined) throw new Error('there are keys of encrypted registries: without them their blobs are lost');
    await runner.query(`DROP TABLE registry_key`);
    await runner.query(`ALTER TABLE registry DROP COLUMN encrypted`);
  }
}
