import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Manifests, what they need, and tags with their history. New tables only. Going back drops them with everything in them.
 *
 * `manifest_blob` and `manifest_child` hold live manifests only: they can be read from the body again, and a question "who needs this?" must
 * not walk over the dead.
 */
export class CreateManifestsAndTags1763700000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE manifest (
        registry_id text COLLATE "C" NOT NULL,
        manifest_id text COLLATE "C" NOT NULL CHECK (manifest_id ~ '^[0-9a-f]{32}$'),
        image_id text COLLATE "C" NOT NULL,
        digest text COLLATE "C" NOT NULL,
        media_type text COLLATE "C" NOT NULL,
        artifact_type text COLLATE "C",
        size integer NOT NULL,
        total_size bigint NOT NULL,
        body bytea NOT NULL,
        subject text COLLATE "C",
        annotations jsonb NOT NULL DEFAULT '{}',
        annotations_size integer NOT NULL,
        locked boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL,
        created_by text NOT NULL,
        deleted_at timestamptz,
        deleted_by text,
        PRIMARY KEY (registry_id, manifest_id),
        FOREIGN KEY (registry_id, image_id) REFERENCES image
      )`);
    // Bodies are read whole and compress little: stored out of line as they are.
    await runner.query(`ALTER TABLE manifest ALTER COLUMN body SET STORAGE EXTERNAL`);
    await runner.query(
      `CREATE UNIQUE INDEX manifest_digest ON manifest (registry_id, image_id, digest) WHERE deleted_at IS NULL`,
    );
    await runner.query(`
      CREATE INDEX manifest_subject ON manifest (registry_id, image_id, subject, digest)
      WHERE deleted_at IS NULL AND subject IS NOT NULL`);
    await runner.query(`CREATE INDEX manifest_deleted ON manifest (deleted_at) WHERE deleted_at IS NOT NULL`);
    await runner.query(`
      CREATE TABLE manifest_blob (
        registry_id text COLLATE "C" NOT NULL,
        manifest_id text COLLATE "C" NOT NULL,
        image_id text COLLATE "C" NOT NULL,
        algorithm text COLLATE "C" NOT NULL,
        hex text COLLATE "C" NOT NULL,
        PRIMARY KEY (registry_id, manifest_id, algorithm, hex),
        FOREIGN KEY (registry_id, manifest_id) REFERENCES manifest
      )`);
    await runner.query(`CREATE INDEX manifest_blob_needed ON manifest_blob (registry_id, image_id, algorithm, hex)`);
    await runner.query(`
      CREATE TABLE manifest_child (
        registry_id text COLLATE "C" NOT NULL,
        manifest_id text COLLATE "C" NOT NULL,
        image_id text COLLATE "C" NOT NULL,
        child_digest text COLLATE "C" NOT NULL,
        PRIMARY KEY (registry_id, manifest_id, child_digest),
        FOREIGN KEY (registry_id, manifest_id) REFERENCES manifest
      )`);
    await runner.query(`CREATE INDEX manifest_child_needed ON manifest_child (registry_id, image_id, child_digest)`);
    await runner.query(`
      CREATE TABLE tag (
        registry_id text COLLATE "C" NOT NULL,
        image_id text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_to timestamptz CHECK (valid_to > valid_from),
        manifest_id text COLLATE "C" NOT NULL,
        digest text COLLATE "C" NOT NULL,
        set_by text NOT NULL,
        ended_by text,
        PRIMARY KEY (registry_id, image_id, name, valid_from),
        FOREIGN KEY (registry_id, image_id) REFERENCES image
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX tag_open ON tag (registry_id, image_id, name) INCLUDE (manifest_id) WHERE valid_to IS NULL`);
    // Not with the registry first: without statistics the planner would take it for a look-up by name.
    await runner.query(`CREATE INDEX tag_of_manifest ON tag (manifest_id) WHERE valid_to IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE tag, manifest_child, manifest_blob, manifest`);
  }
}
