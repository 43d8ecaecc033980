/**
 * All questions of a batch, whatever their kinds, in one statement. The questions of a batch mostly lead into few repositories, so each place,
 * a registry and a repository in it, is looked up once (`place`), and each question goes on from its place. Each step is an index look-up
 * that depends on the one before and stops at one row (`LIMIT 1`), so the planner can't turn the batch into a join over whole tables. A
 * deleted thing is not found, nor is anything below it. Parameters: the default account, the places' fields as arrays, the questions'
 * fields as arrays, the number of its place (from 1) first.
 *
 * Two conditions are left out because they always hold (a tag that is current points at a live manifest, a link at a
 * blob that is live or quarantined), and because
 * they would let the planner, before it has statistics, take a partial index for the better way to a row whose primary key is known. For the
 * same reason the registry of an id is found before it is asked whether it was deleted.
 */
export const LOOKUP = `WITH place AS MATERIALIZED (
    SELECT a.n, r.registry_id, p.repository_id,
      concat_ws(E'\\t', r.registry_id, r.account_id, r.name, r.visibility, r.public_repositories_allowed, r.create_on_push, r.state)
        AS registry,
      concat_ws(E'\\t', p.repository_id, p.visibility, p.locked, p.state) AS repository
    FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS a (registry_id, registry_name, repository, n)
    LEFT JOIN LATERAL (
      SELECT * FROM (
        (SELECT * FROM registry WHERE registry_id = a.registry_id LIMIT 1)
        UNION ALL
        SELECT * FROM registry WHERE a.registry_id IS NULL AND account_id = $1 AND name = a.registry_name AND deleted_at IS NULL
      ) AS either
      WHERE deleted_at IS NULL AND (a.registry_name IS NULL OR name = a.registry_name) LIMIT 1) r ON true
    LEFT JOIN LATERAL (
      SELECT * FROM repository
      WHERE registry_id = r.registry_id AND name = a.repository AND deleted_at IS NULL LIMIT 1) p ON true)
  SELECT
    r.registry, r.repository,
    concat_ws(E'\\t', i.image_id, i.locked, i.state),
    concat_ws(E'\\t', m.digest, m.media_type, m.size),
    b.size::float8, b.location, b.keep_until
  FROM unnest($5::int[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
    WITH ORDINALITY AS q (place, kind, image, tag, algorithm, hex, n)
  JOIN place AS r ON r.n = q.place
  LEFT JOIN LATERAL (
    SELECT * FROM image
    WHERE registry_id = r.registry_id AND repository_id = r.repository_id AND name = q.image AND deleted_at IS NULL LIMIT 1) i ON true
  LEFT JOIN LATERAL (
    SELECT manifest_id FROM tag
    WHERE q.kind = 'manifest' AND registry_id = r.registry_id AND image_id = i.image_id AND name = q.tag AND valid_to IS NULL LIMIT 1) t ON true
  LEFT JOIN LATERAL (
    SELECT digest, media_type, size FROM manifest
    WHERE registry_id = r.registry_id AND manifest_id = t.manifest_id
    UNION ALL
    SELECT digest, media_type, size FROM manifest
    WHERE q.kind = 'manifest' AND q.tag IS NULL
      AND registry_id = r.registry_id AND image_id = i.image_id AND digest = q.algorithm || ':' || q.hex AND deleted_at IS NULL
    LIMIT 1) m ON true
  LEFT JOIN LATERAL (
    SELECT live.size, CASE live.state WHEN 'live' THEN live.location END AS location, link.keep_until FROM blob_link link
    JOIN blob live ON live.registry_id = link.registry_id AND live.generation = link.generation
    WHERE q.kind = 'blob' AND link.registry_id = r.registry_id AND link.image_id = i.image_id
      AND link.algorithm = q.algorithm AND link.hex = q.hex LIMIT 1) b ON true
  ORDER BY q.n`;

/**
 * One row of {@link LOOKUP}, as an array. The facts of one thing come as one text, its columns parted by tabs, which none of them can hold; empty
 * when it isn't there: reading twenty columns of thousands of rows a second took more time than everything else that a look-up does.
 */
export type LookupRow = [
  registry: string,
  repository: string,
  image: string,
  manifest: string,
  blobSize: number | null,
  /** Null beside a size: the blob is quarantined. */
  location: Record<string, unknown> | null,
  keepUntil: Date | number,
];
