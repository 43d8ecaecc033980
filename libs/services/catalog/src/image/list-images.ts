import type { ImageListing, ImageListReply, ImageListRequest } from '@entrepot/contracts';
import type { CatalogPorts } from '../catalog-ports.js';

/** Registries and repositories are walked in the order of their names, and each gives at most a page of its images. */
const LIST = `SELECT CASE WHEN r.account_id = $7 THEN r.name ELSE r.name || '-' || r.registry_id END AS "pathSegment",
    r.registry_id AS "registryId", r.account_id AS "accountId",
    r.visibility AS "registryVisibility", r.public_repositories_allowed AS "publicRepositoriesAllowed",
    p.repository_id AS "repositoryId", p.name AS "repositoryName", p.visibility AS "repositoryVisibility", i.name AS "imageName"
  FROM registry r
  JOIN repository p ON p.registry_id = r.registry_id AND p.deleted_at IS NULL AND (r.name > $3 OR p.name >= $4)
  CROSS JOIN LATERAL (
    SELECT name FROM image
    WHERE registry_id = p.registry_id AND repository_id = p.repository_id AND deleted_at IS NULL AND announced_at IS NOT NULL
      AND name > CASE WHEN r.name = $3 AND p.name = $4 THEN $5 ELSE '' END
    ORDER BY name LIMIT $6) i
  WHERE r.deleted_at IS NULL AND r.name >= $3
    AND CASE WHEN $1::text IS NULL THEN r.account_id = $2 ELSE r.registry_id = $1 END
  ORDER BY r.name, p.name, i.name LIMIT $6`;

/** A page of images that have had a manifest, in byte order of registry, repository and image name. */
export async function listImages(
  { database, defaultAccountId }: CatalogPorts,
  { registryId, accountId, after, limit }: ImageListRequest,
): Promise<ImageListReply> {
  const [segment = '', repository = '', ...image] = (after ?? '').split('/');
  // Names are unique in an account, and an id sorts between no two of them: the order is that of the full names.
  const registry = segment.replace(/-[0-9a-f]{32}$/, '');
  const rows = await database.ask<ImageListing>({
    name: 'image-list',
    text: LIST,
    values: [
      registryId,
      accountId ?? defaultAccountId,
      registry,
      repository,
      image.join('/'),
      limit + 1,
      defaultAccountId,
    ],
  });
  return { images: rows.slice(0, limit), more: rows.length > limit };
}
