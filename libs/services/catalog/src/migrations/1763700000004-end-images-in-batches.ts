import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Images that ended while manifests and tags in them are still to be ended, and the index that finds repositories whose deletion is under way.
 * The index is built under a lock that makes writes to `repository`, a small table, wait for milliseconds. Going back, the contents of
 * images that ended just now are never released.
 */
export class EndImagesInBatches1763700000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE image_ending (
        registry_id text COLLATE "C" NOT NULL,
        image_id text COLLATE "C" NOT NULL,
        actor text NOT NULL,
        ended_at timestamptz NOT NULL,
        PRIMARY KEY (registry_id, image_id),
        FOREIGN KEY (registry_id, image_id) REFERENCES image
      )`);
    await runner.query(`
      CREATE INDEX repository_deleting ON repository (registry_id, repository_id)
      WHERE state = 'Deleting' AND deleted_at IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX repository_deleting`);
    await runner.query(`DROP TABLE image_ending`);
  }
}
