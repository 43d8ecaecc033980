import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The first tables of IAM. Nothing exists before, so no lock is felt; going back drops them all. */
export class CreateIam1763683300000 implements MigrationInterface {
  readonly name = 'CreateIam1763683300000';

  async up(runner: QueryRunner): Promise<void> {
    // One row. Its sequence is drawn under the row's lock, so it is committed in order: a reader who saw 7 will never meet a later 6.
    await runner.query(`
      CREATE TABLE installation (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        incarnation uuid NOT NULL DEFAULT gen_random_uuid(),
        sequence bigint NOT NULL DEFAULT 0
      )`);
    await runner.query('INSERT INTO installation DEFAULT VALUES');

    await runner.query(`
      CREATE TABLE account (
        account_id text PRIMARY KEY CHECK (account_id ~ '^[0-9]{12}$'),
        name text NOT NULL UNIQUE,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE account_epoch (
        account_id text PRIMARY KEY REFERENCES account ON DELETE CASCADE,
        epoch bigint NOT NULL DEFAULT 0,
        sequence bigint NOT NULL DEFAULT 0
      )`);
    await runner.query('CREATE INDEX account_epoch_sequence ON account_epoch (sequence)');

    await runner.query(`
      CREATE TABLE iam_user (
        user_id uuid PRIMARY KEY,
        account_id text NOT NULL REFERENCES account,
        name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT iam_user_name UNIQUE (account_id, name)
      )`);
    await runner.query(`
      CREATE TABLE access_key (
        key_id text PRIMARY KEY,
        account_id text NOT NULL REFERENCES account,
        user_id uuid NOT NULL REFERENCES iam_user ON DELETE CASCADE,
        secret_mac bytea NOT NULL,
        enabled boolean NOT NULL DEFAULT true,
        description text NOT NULL DEFAULT '',
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        last_used_at timestamptz
      )`);
    await runner.query('CREATE INDEX access_key_account ON access_key (account_id, key_id)');
    await runner.query('CREATE INDEX access_key_user ON access_key (user_id)');
    await runner.query(
      'CREATE INDEX access_key_expiry ON access_key (expires_at) WHERE enabled AND expires_at IS NOT NULL',
    );

    // json, not jsonb: a document is given back as it was saved.
    await runner.query(`
      CREATE TABLE policy (
        policy_id text PRIMARY KEY,
        account_id text REFERENCES account,
        name text NOT NULL,
        description text NOT NULL DEFAULT '',
        type text NOT NULL CHECK (type IN ('SYSTEM_MANAGED', 'USER_DEFINED')),
        document json NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        modified_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT policy_name UNIQUE NULLS NOT DISTINCT (account_id, name),
        CHECK ((account_id IS NULL) = (type = 'SYSTEM_MANAGED'))
      )`);
    await runner.query(`
      CREATE TABLE policy_attachment (
        user_id uuid NOT NULL REFERENCES iam_user ON DELETE CASCADE,
        policy_id text NOT NULL REFERENCES policy,
        attached_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (user_id, policy_id)
      )`);
    await runner.query('CREATE INDEX policy_attachment_policy ON policy_attachment (policy_id)');

    await runner.query(`
      CREATE TABLE signing_key (
        kid text PRIMARY KEY,
        state text NOT NULL CHECK (state IN ('published', 'signing', 'retired')),
        public_jwk json NOT NULL,
        sealed_private_jwk bytea NOT NULL,
        published_at timestamptz NOT NULL,
        signing_since timestamptz,
        retired_at timestamptz
      )`);
    await runner.query(`CREATE UNIQUE INDEX signing_key_one_signs ON signing_key (state) WHERE state = 'signing'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE signing_key, policy_attachment, policy, access_key, iam_user, account_epoch, account, installation',
    );
  }
}
