import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When each generation's bytes were last known to be right, and which are damaged. Tables of their own, so that a push writes nothing for them
 * and a scrub rewrites no row of `blob`: the scrub itself takes new generations in. Two new tables; `blob` is locked for a moment and not read,
 * since every row fulfils the wider condition.
 *
 * Going back, damaged blobs count as live again, and are served until a segment of theirs is refused.
 */
export class ScrubBlobs1763700000060 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE blob DROP CONSTRAINT blob_state_check`);
    await runner.query(`
      ALTER TABLE blob ADD CONSTRAINT blob_state_check
        CHECK (state IN ('live', 'quarantined', 'releasing', 'released')) NOT VALID`);
    // `not_before`: who scrubs a generation has it until then. `suspected_at`: somebody met wrong bytes, so it comes before all others.
    await runner.query(`
      CREATE TABLE blob_check (
        registry_id text COLLATE "C" NOT NULL,
        generation text COLLATE "C" NOT NULL,
        verified_at timestamptz NOT NULL,
        suspected_at timestamptz,
        not_before timestamptz NOT NULL DEFAULT '-infinity',
        PRIMARY KEY (registry_id, generation),
        FOREIGN KEY (registry_id, generation) REFERENCES blob ON DELETE CASCADE
      ) WITH (fillfactor = 80)`);
    await runner.query(`CREATE INDEX blob_check_oldest ON blob_check (verified_at)`);
    await runner.query(`CREATE INDEX blob_check_suspected ON blob_check (suspected_at) WHERE suspected_at IS NOT NULL`);
    // One row for each blob in state `quarantined`. Nearly always empty, so that a push finds nothing in it at once.
    await runner.query(`
      CREATE TABLE damaged_blob (
        registry_id text COLLATE "C" NOT NULL,
        algorithm text COLLATE "C" NOT NULL,
        hex text COLLATE "C" NOT NULL,
        generation text COLLATE "C" NOT NULL,
        problem text NOT NULL,
        found_at timestamptz NOT NULL,
        PRIMARY KEY (registry_id, algorithm, hex, generation),
        FOREIGN KEY (registry_id, generation) REFERENCES blob ON DELETE CASCADE
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE damaged_blob, blob_check`);
    // Where the digest was pushed again meanwhile there is a live one, and this one is released.
    await runner.query(`
      UPDATE blob b SET state = CASE WHEN EXISTS (
          SELECT 1 FROM blob o WHERE o.registry_id = b.registry_id AND o.algorithm = b.algorithm AND o.hex = b.hex AND o.state = 'live')
        THEN 'releasing' ELSE 'live' END
      WHERE state = 'quarantined'`);
    await runner.query(`ALTER TABLE blob DROP CONSTRAINT blob_state_check`);
    await runner.query(`
      ALTER TABLE blob ADD CONSTRAINT blob_state_check CHECK (state IN ('live', 'releasing', 'released')) NOT VALID`);
  }
}
