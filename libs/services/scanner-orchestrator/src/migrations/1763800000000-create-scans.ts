import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What there is to scan, and what ended lately. New tables only; going back, the stream of facts fills them again for as far as it reaches. */
export class CreateScans1763800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE scan (
        registry_id text COLLATE "C" NOT NULL,
        image_id text COLLATE "C" NOT NULL,
        digest text COLLATE "C" NOT NULL,
        account_id text COLLATE "C" NOT NULL,
        repository_id text COLLATE "C" NOT NULL,
        repository text NOT NULL,
        image text NOT NULL,
        media_type text NOT NULL,
        artifact_type text,
        subject text,
        size bigint NOT NULL,
        state text NOT NULL DEFAULT 'Unscanned' CHECK (state IN ('Unscanned')),
        pushed_at timestamptz NOT NULL,
        sequence text COLLATE "C" NOT NULL,
        PRIMARY KEY (registry_id, image_id, digest)
      )`);
    await runner.query(`CREATE INDEX scan_repository ON scan (registry_id, repository_id)`);
    // A push that is heard after the end of what was pushed must not bring it back.
    await runner.query(`
      CREATE TABLE ended (
        registry_id text COLLATE "C" NOT NULL,
        thing text COLLATE "C" NOT NULL,
        sequence text COLLATE "C",
        ended_at timestamptz NOT NULL,
        PRIMARY KEY (registry_id, thing)
      )`);
    await runner.query(`CREATE INDEX ended_ended_at ON ended (ended_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE ended`);
    await runner.query(`DROP TABLE scan`);
  }
}
