import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Accounts can be disabled and deleted. There are few, so the locks are not felt. A deleted one keeps its row, so that its id is never given
 * again; its name is free. Going back fails while a deleted account bears the name of another one.
 */
export class DisableAccounts1763900000000 implements MigrationInterface {
  readonly name = 'DisableAccounts1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE account ADD COLUMN disabled_at timestamptz, ADD COLUMN deleted_at timestamptz,
        ADD CHECK (deleted_at IS NULL OR disabled_at IS NOT NULL), DROP CONSTRAINT account_name_key`);
    await runner.query('CREATE UNIQUE INDEX account_name ON account (name) WHERE deleted_at IS NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX account_name');
    await runner.query('ALTER TABLE account DROP COLUMN disabled_at, DROP COLUMN deleted_at, ADD UNIQUE (name)');
  }
}
