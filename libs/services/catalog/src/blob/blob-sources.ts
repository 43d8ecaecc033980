import type { BlobSourcesReply, BlobSourcesRequest } from '@entrepot/contracts';
import { Digest } from '@entrepot/oci';
import type { CatalogPorts } from '../catalog-ports.js';

/** Repositories named in one reply, and links read to find them: a base layer may be linked by thousands of images. */
const MAX_SOURCES = 100;
const MAX_LINKS = 5_000;

/** Repositories that hold the blob. Everything in a public registry is public. */
export async function blobSources(
  { database }: CatalogPorts,
  { registryId, digest }: BlobSourcesRequest,
): Promise<BlobSourcesReply> {
  const { algorithm, hex } = Digest.parse(digest);
  const rows = await database.ask<{ repositoryId: string; open: boolean }>({
    name: 'blob-sources',
    text: `WITH held AS (
        SELECT l.image_id FROM blob b JOIN blob_link l ON l.registry_id = b.registry_id AND l.generation = b.generation
        WHERE b.registry_id = $1 AND b.algorithm = $2 AND b.hex = $3 AND b.state = 'live' LIMIT ${MAX_LINKS})
      SELECT DISTINCT p.repository_id AS "repositoryId",
        r.visibility = 'public' OR (p.visibility = 'public' AND r.public_repositories_allowed) AS open
      FROM held
      JOIN image i ON i.registry_id = $1 AND i.image_id = held.image_id AND i.deleted_at IS NULL
      JOIN repository p ON p.registry_id = $1 AND p.repository_id = i.repository_id AND p.deleted_at IS NULL
      JOIN registry r ON r.registry_id = $1 AND r.deleted_at IS NULL
      ORDER BY 1 LIMIT ${MAX_SOURCES}`,
    values: [registryId, algorithm, hex],
  });
  const ids = (open: boolean) => rows.filter((row) => row.open === open).map((row) => row.repositoryId);
  return { publicRepositoryIds: ids(true), privateRepositoryIds: ids(false) };
}
