import { describe, expect, it } from '@jest/globals';
import { changesOneOf } from './changed-tables.js';

const changes = changesOneOf(new Set(['tag', 'blob_link']));

describe('changesOneOf', () => {
  it.each([
    'INSERT INTO tag (name) VALUES ($1)',
    'update tag set name = $1',
    'UPDATE ONLY tag SET name = $1',
    'DELETE FROM blob_link l USING due WHERE true',
    'WITH ended AS (\n  UPDATE   tag SET valid_to = now() RETURNING 1)\nSELECT count(*) FROM ended',
    'UPDATE "catalog"."tag" SET "name" = $1',
    'INSERT INTO "tag"("name") VALUES ($1)',
    'MERGE INTO tag USING due ON true WHEN MATCHED THEN DELETE',
    'TRUNCATE tag',
    'COPY tag FROM STDIN',
    'INSERT INTO outbox SELECT 1; DELETE FROM tag',
  ])('sees that %j does', (text) => {
    expect(changes(text)).toBe(true);
  });

  it.each([
    'SELECT * FROM tag WHERE name = $1 FOR NO KEY UPDATE OF tag SKIP LOCKED',
    'SELECT name FROM tag FOR UPDATE',
    'UPDATE tag_count SET n = 1',
    'INSERT INTO upload (tag) SELECT name FROM tag ON CONFLICT DO UPDATE SET tag = 1',
    'WITH gone AS (DELETE FROM outbox RETURNING 1) SELECT * FROM gone, tag',
    'COMMIT',
  ])('sees that %j does not', (text) => {
    expect(changes(text)).toBe(false);
  });
});
