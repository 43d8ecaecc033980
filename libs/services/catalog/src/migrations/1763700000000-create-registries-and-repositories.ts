import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Registries, repositories and images. New tables only: no lock that anybody waits for. Going back drops them with everything in them.
 *
 * `registry` is small and holds names: a reference table on a distributed Postgres. Every other table's key begins with the registry's id.
 */
export class CreateRegistriesAndRepositories1763700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE registry (
        registry_id text COLLATE "C" PRIMARY KEY CHECK (registry_id ~ '^[0-9a-f]{32}$'),
        account_id text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        visibility text NOT NULL CHECK (visibility IN ('public', 'private')),
        public_repositories_allowed boolean NOT NULL DEFAULT false,
        create_on_push boolean NOT NULL DEFAULT false,
        endpoint jsonb NOT NULL DEFAULT '{}',
        labels jsonb NOT NULL DEFAULT '{}',
        state text NOT NULL DEFAULT 'Running'
          CHECK (state IN ('Creating', 'Running', 'Editing', 'Terminating', 'Error', 'Unknown')),
        limits jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL,
        created_by text NOT NULL,
        modified_at timestamptz NOT NULL,
        modified_by text NOT NULL,
        deleted_at timestamptz
      )`);
    await runner.query(`CREATE UNIQUE INDEX registry_name ON registry (account_id, name) WHERE deleted_at IS NULL`);
    await runner.query(`
      CREATE TABLE repository (
        registry_id text COLLATE "C" NOT NULL REFERENCES registry,
        repository_id text COLLATE "C" NOT NULL CHECK (repository_id ~ '^[0-9a-f]{32}$'),
        name text COLLATE "C" NOT NULL,
        description text NOT NULL DEFAULT '',
        labels jsonb NOT NULL DEFAULT '{}',
        visibility text NOT NULL CHECK (visibility IN ('public', 'private')),
        policies jsonb NOT NULL DEFAULT '{}',
        locked boolean NOT NULL DEFAULT false,
        state text NOT NULL DEFAULT 'Active' CHECK (state IN ('Active', 'Editing', 'Deleting', 'Inactive')),
        image_count integer NOT NULL DEFAULT 0 CHECK (image_count >= 0),
        created_at timestamptz NOT NULL,
        created_by text NOT NULL,
        modified_at timestamptz NOT NULL,
        modified_by text NOT NULL,
        deleted_at timestamptz,
        PRIMARY KEY (registry_id, repository_id)
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX repository_name ON repository (registry_id, name) WHERE deleted_at IS NULL`,
    );
    // fillfactor: pull counts and tag counts are updated in place, beside the row that they replace.
    await runner.query(`
      CREATE TABLE image (
        registry_id text COLLATE "C" NOT NULL,
        image_id text COLLATE "C" NOT NULL CHECK (image_id ~ '^[0-9a-f]{32}$'),
        repository_id text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        description text NOT NULL DEFAULT '',
        policies jsonb NOT NULL DEFAULT '{}',
        locked boolean NOT NULL DEFAULT false,
        state text NOT NULL DEFAULT 'Active' CHECK (state IN ('Active', 'Editing', 'Deleting', 'Inactive')),
        announced_at timestamptz,
        tag_count integer NOT NULL DEFAULT 0 CHECK (tag_count >= 0),
        pull_count bigint NOT NULL DEFAULT 0,
        last_pulled_at timestamptz,
        created_at timestamptz NOT NULL,
        created_by text NOT NULL,
        modified_at timestamptz NOT NULL,
        deleted_at timestamptz,
        PRIMARY KEY (registry_id, image_id),
        FOREIGN KEY (registry_id, repository_id) REFERENCES repository
      ) WITH (fillfactor = 85)`);
    await runner.query(
      `CREATE UNIQUE INDEX image_name ON image (registry_id, repository_id, name) WHERE deleted_at IS NULL`,
    );
    await runner.query(`
      CREATE INDEX image_unannounced ON image (registry_id, created_at) WHERE announced_at IS NULL AND deleted_at IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE image, repository, registry`);
  }
}
