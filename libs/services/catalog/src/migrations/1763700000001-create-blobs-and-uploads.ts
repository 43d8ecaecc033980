import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Blob generations, the images' links to them, and upload sessions. New tables only. Going back drops them: the bytes in the store then have
 * no rows, so it is for an installation without content.
 *
 * `keep_until` of a blob or a link is when the release worker looks at it next; `infinity` while something holds it. Whoever lets go sets a time.
 */
export class CreateBlobsAndUploads1763700000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE blob (
        registry_id text COLLATE "C" NOT NULL REFERENCES registry,
        generation text COLLATE "C" NOT NULL,
        algorithm text COLLATE "C" NOT NULL CHECK (algorithm IN ('sha256', 'sha512')),
        hex text COLLATE "C" NOT NULL,
        size bigint NOT NULL CHECK (size >= 0),
        state text COLLATE "C" NOT NULL CHECK (state IN ('live', 'releasing', 'released')),
        location jsonb NOT NULL,
        store_key text COLLATE "C" NOT NULL,
        keep_until timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        released_at timestamptz,
        PRIMARY KEY (registry_id, generation)
      ) WITH (fillfactor = 90)`);
    await runner.query(`CREATE UNIQUE INDEX blob_live ON blob (registry_id, algorithm, hex) WHERE state = 'live'`);
    await runner.query(`CREATE INDEX blob_due ON blob (keep_until) WHERE state = 'live' AND keep_until < 'infinity'`);
    await runner.query(`CREATE INDEX blob_releasing ON blob (registry_id, generation) WHERE state = 'releasing'`);
    await runner.query(`CREATE INDEX blob_released ON blob (released_at) WHERE state = 'released'`);
    await runner.query(`
      CREATE TABLE blob_link (
        registry_id text COLLATE "C" NOT NULL,
        image_id text COLLATE "C" NOT NULL,
        algorithm text COLLATE "C" NOT NULL,
        hex text COLLATE "C" NOT NULL,
        generation text COLLATE "C" NOT NULL,
        keep_until timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (registry_id, image_id, algorithm, hex),
        FOREIGN KEY (registry_id, generation) REFERENCES blob,
        FOREIGN KEY (registry_id, image_id) REFERENCES image
      ) WITH (fillfactor = 90)`);
    await runner.query(`CREATE INDEX blob_link_generation ON blob_link (registry_id, generation)`);
    await runner.query(`CREATE INDEX blob_link_due ON blob_link (keep_until) WHERE keep_until < 'infinity'`);
    await runner.query(`
      CREATE TABLE upload (
        registry_id text COLLATE "C" NOT NULL,
        upload_id text COLLATE "C" NOT NULL,
        repository_id text COLLATE "C" NOT NULL,
        image_name text COLLATE "C" NOT NULL,
        actor text NOT NULL,
        algorithm text COLLATE "C" NOT NULL,
        generation text COLLATE "C" NOT NULL,
        store_key text COLLATE "C" NOT NULL,
        phase text COLLATE "C" NOT NULL CHECK (phase IN ('open', 'committed', 'releasing')),
        revision integer NOT NULL CHECK (revision >= 1),
        byte_offset bigint NOT NULL CHECK (byte_offset >= 0),
        state jsonb,
        digest_so_far text COLLATE "C",
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        committed_digest text COLLATE "C",
        PRIMARY KEY (registry_id, upload_id),
        FOREIGN KEY (registry_id, repository_id) REFERENCES repository
      ) WITH (fillfactor = 70)`);
    await runner.query(`CREATE INDEX upload_expiry ON upload (expires_at) WHERE phase = 'open'`);
    await runner.query(`CREATE INDEX upload_releasing ON upload (registry_id, upload_id) WHERE phase = 'releasing'`);
    await runner.query(`CREATE INDEX upload_committed ON upload (ended_at) WHERE phase = 'committed'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE upload, blob_link, blob`);
  }
}
