import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whether a session was ever claimed by somebody who then did not advance it: only then can there be bytes beside those of its blob. Sessions that
 * are open now count as contested, as nobody knows. Adding the columns takes an exclusive lock on `upload` for a moment and rewrites nothing. Going back
 * loses nothing: every commit looks for such bytes again.
 */
export class KnowContestedUploads1763700000030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE upload
        ADD COLUMN advanced_revision integer NOT NULL DEFAULT 1,
        ADD COLUMN contested boolean NOT NULL DEFAULT true`);
    await runner.query(`ALTER TABLE upload ALTER COLUMN contested SET DEFAULT false`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE upload DROP COLUMN contested, DROP COLUMN advanced_revision`);
  }
}
