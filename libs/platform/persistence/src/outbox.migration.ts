import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaName } from './schema-name.js';

export type MigrationClass = new () => MigrationInterface;

/**
 * The migration that makes a service's outbox. Rows live for milliseconds: `appendFact` writes them, the relay deletes them once JetStream
 * has them. `transaction_id` stands before `position`, so that a transaction has its id before it draws its place.
 */
export function outboxMigration(schema: string): MigrationClass {
  const table = `"${schemaName(schema)}".outbox`;
  return class CreateOutbox1763683200000 implements MigrationInterface {
    readonly name = 'CreateOutbox1763683200000';

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`
        CREATE TABLE ${table} (
          event_id uuid PRIMARY KEY,
          transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
          position bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
          account_id text NOT NULL,
          registry_id text,
          ordering_key text NOT NULL,
          type text NOT NULL,
          major integer NOT NULL,
          owner text NOT NULL,
          bus_subject text NOT NULL,
          subject text,
          data jsonb NOT NULL,
          actor text NOT NULL,
          occurred_at timestamptz NOT NULL,
          traceparent text
        ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)`);
      await runner.query(`CREATE UNIQUE INDEX outbox_position ON ${table} (position)`);
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`DROP TABLE ${table}`);
    }
  };
}
