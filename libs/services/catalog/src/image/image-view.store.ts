import type { Database } from '@entrepot/platform-persistence';
import { isId } from '../registry/is-id.js';

/** Ids of a path, and the account of who asks: a thing is found only where all of them agree. */
export interface ImagePath {
  accountId: string;
  registryId: string;
  repositoryId: string;
  imageId: string;
}

/** An image as the control plane shows it. */
export interface ImageView {
  imageId: string;
  registryId: string;
  registryName: string;
  repositoryId: string;
  repositoryName: string;
  name: string;
  description: string;
  state: string;
  locked: boolean;
  tagCount: number;
  pullCount: number;
  lastPulledAt: Date | null;
  createdAt: Date;
  createdBy: string;
  modifiedAt: Date;
}

const SELECT = `SELECT i.image_id AS "imageId", i.registry_id AS "registryId", r.name AS "registryName", i.repository_id AS "repositoryId",
    p.name AS "repositoryName", i.name, i.description, i.state, i.locked, i.tag_count AS "tagCount", i.pull_count::float8 AS "pullCount",
    i.last_pulled_at AS "lastPulledAt", i.created_at AS "createdAt", i.created_by AS "createdBy", i.modified_at AS "modifiedAt"
  FROM image i
  JOIN repository p ON p.registry_id = i.registry_id AND p.repository_id = i.repository_id AND p.deleted_at IS NULL
  JOIN registry r ON r.registry_id = p.registry_id AND r.deleted_at IS NULL`;

/** What a push is just making is no image before its first manifest. */
const LIVE = `i.deleted_at IS NULL AND i.announced_at IS NOT NULL`;

/** Null when the account has no such image at this path. */
export async function findImage(database: Database, path: ImagePath): Promise<ImageView | null> {
  const { accountId, registryId, repositoryId, imageId } = path;
  if (![registryId, repositoryId, imageId].every(isId)) return null;
  const [image] = await database.query<ImageView>(
    `${SELECT} WHERE i.registry_id = $1 AND i.image_id = $2 AND i.repository_id = $3 AND r.account_id = $4 AND ${LIVE}`,
    [registryId, imageId, repositoryId, accountId],
  );
  return image ?? null;
}

/** In byte order of their names; only the one of that name, if one is given. */
export function listImagesOf(
  database: Database,
  { registryId, repositoryId }: Pick<ImagePath, 'registryId' | 'repositoryId'>,
  { name, after, limit }: { name: string | null; after: string; limit: number },
): Promise<ImageView[]> {
  return database.query(
    `${SELECT} WHERE i.registry_id = $1 AND i.repository_id = $2 AND i.name > $3 AND ($4::text IS NULL OR i.name = $4) AND ${LIVE}
     ORDER BY i.name LIMIT $5`,
    [registryId, repositoryId, after, name, limit],
  );
}
