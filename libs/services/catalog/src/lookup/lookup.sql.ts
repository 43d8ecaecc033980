/**
 * All questions of a batch, whatever their kinds, in one statement. Each step is an index look-up that depends on the one before and
 * stops at one row (`LIMIT 1`), so the planner can't turn the batch into a join over whole tables. A deleted thing is not found, nor is
 * anything below it. Parameters: the questions' fields as arrays, then the default account.
 *
 * Two conditions are left out because they always hold (a tag that is current points at a live manifest, a link at a live blob), and because
 * they would let the planner, before it has statistics, take a partial index for the better way to a row whose primary key is known.
 */
export const LOOKUP = `SELECT
    r.registry_id, r.account_id, r.name, r.visibility, r.public_repositories_allowed, r.create_on_push, r.state,
    p.repository_id, p.visibility, p.locked, p.state,
    i.image_id, i.locked, i.state,
    m.digest, m.media_type, m.size,
    b.size::float8, b.location, b.keep_until
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    WITH ORDINALITY AS q (kind, registry_id, registry_name, repository, image, tag, algorithm, hex, n)
  LEFT JOIN LATERAL (
    SELECT * FROM (
      SELECT * FROM registry WHERE registry_id = q.registry_id AND (q.registry_name IS NULL OR name = q.registry_name)
      UNION ALL
      SELECT * FROM registry WHERE q.registry_id IS NULL AND account_id = $9 AND name = q.registry_name AND deleted_at IS NULL
    ) AS either WHERE deleted_at IS NULL LIMIT 1) r ON true
  LEFT JOIN LATERAL (
    SELECT * FROM repository
    WHERE registry_id = r.registry_id AND name = q.repository AND deleted_at IS NULL LIMIT 1) p ON true
  LEFT JOIN LATERAL (
    SELECT * FROM image
    WHERE registry_id = r.registry_id AND repository_id = p.repository_id AND name = q.image AND deleted_at IS NULL LIMIT 1) i ON true
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
    SELECT live.size, live.location, link.keep_until FROM blob_link link
    JOIN blob live ON live.registry_id = link.registry_id AND live.generation = link.generation
    WHERE q.kind = 'blob' AND link.registry_id = r.registry_id AND link.image_id = i.image_id
      AND link.algorithm = q.algorithm AND link.hex = q.hex LIMIT 1) b ON true
  ORDER BY q.n`;

/** One row of {@link LOOKUP}, as an array: no property names are built for thousands of rows a second. */
export type LookupRow = [
  registryId: string | null,
  accountId: string,
  registryName: string,
  registryVisibility: 'public' | 'private',
  publicRepositoriesAllowed: boolean,
  createOnPush: boolean,
  registryState: string,
  repositoryId: string | null,
  repositoryVisibility: 'public' | 'private',
  repositoryLocked: boolean,
  repositoryState: string,
  imageId: string | null,
  imageLocked: boolean,
  imageState: string,
  manifestDigest: string | null,
  mediaType: string,
  manifestSize: number,
  blobSize: number | null,
  location: Record<string, unknown>,
  keepUntil: Date | number,
];
