import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { MigrationClass } from './outbox.migration.js';
import { schemaName } from './schema-name.js';

/** The migration that makes a service's inbox: the ids of the events whose effects it has, per consumer. */
export function inboxMigration(schema: string): MigrationClass {
  const table = `"${schemaName(schema)}".inbox`;
  return class CreateInbox1763683200001 implements MigrationInterface {
    readonly name = 'CreateInbox1763683200001';

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`
        CREATE TABLE ${table} (
          consumer text NOT NULL,
          event_id uuid NOT NULL,
          received_at timestamptz NOT NULL DEFAULT now(),
          PRIMARY KEY (consumer, event_id)
        )`);
      await runner.query(`CREATE INDEX inbox_received_at ON ${table} (received_at)`);
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`DROP TABLE ${table}`);
    }
  };
}
