import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whose bytes these are, and which registries have their place in the store. `installation` has one row, whose ids the store carries too, once it was claimed.
 * `registry.place` is about stores that have a place for each registry: `wanted` until it was made (where stores have none, for ever),
 * `made`, then `removed` with the registry's last byte. `turn` says when a job that one replica does for all is due. Adding
 * the column takes an exclusive lock on the small `registry` for a moment. Going back loses the ids: the store then belongs to nobody
 * known, and the next start of this version refuses it.
 */
export class KnowTheStore1763700000050 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE installation (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        installation uuid NOT NULL DEFAULT gen_random_uuid(),
        incarnation uuid NOT NULL DEFAULT gen_random_uuid(),
        database_system text,
        store_claimed boolean NOT NULL DEFAULT false
      )`);
    await runner.query(`INSERT INTO installation DEFAULT VALUES`);
    await runner.query(`CREATE TABLE turn (job text COLLATE "C" PRIMARY KEY, due_at timestamptz NOT NULL)`);
    await runner.query(`
      ALTER TABLE registry ADD COLUMN place text COLLATE "C" NOT NULL DEFAULT 'wanted'
        CHECK (place IN ('wanted', 'made', 'removed'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE registry DROP COLUMN place`);
    await runner.query(`DROP TABLE turn, installation`);
  }
}
