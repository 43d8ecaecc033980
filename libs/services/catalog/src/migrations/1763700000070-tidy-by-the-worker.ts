import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the release worker needs to remove the bytes that other attempts left beside a blob: its location, and when to look (`tidy_at`, null: no more). Of
 * a session that is being released `tidy_at` says when its bytes are removed once more. Sessions of the last day that were contested are looked at again: their
 * gateway may have failed. Takes an exclusive lock on `upload`, which holds the sessions of a day, while the index is built. Going back
 * leaves such bytes until their blob is deleted.
 */
export class TidyByTheWorker1763700000070 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE upload ADD COLUMN location jsonb, ADD COLUMN tidy_at timestamptz`);
    // A blob that moved to another store has another key by now, and what lay beside its old bytes goes with them.
    await runner.query(`
      UPDATE upload u SET location = b.location, tidy_at = u.ended_at FROM blob b
      WHERE u.phase = 'committed' AND u.contested AND b.registry_id = u.registry_id AND b.generation = u.generation
        AND b.store_key = u.store_key AND b.state <> 'released'`);
    await runner.query(
      `CREATE INDEX upload_untidy ON upload (registry_id, upload_id) WHERE phase = 'committed' AND tidy_at IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE upload DROP COLUMN location, DROP COLUMN tidy_at`);
  }
}
