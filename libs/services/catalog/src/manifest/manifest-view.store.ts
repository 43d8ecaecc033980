import type { Database } from '@entrepot/platform-persistence';

/** Tags named with a digest; `tagCount` tells how many there are. */
const MAX_TAGS = 100;

/** A live manifest as the control plane shows it. */
export interface ManifestView {
  digest: string;
  mediaType: string;
  artifactType: string | null;
  size: number;
  totalSize: number;
  subject: string | null;
  annotations: Record<string, string>;
  locked: boolean;
  createdAt: Date;
  createdBy: string;
  tags: string[];
  tagCount: number;
}

const SELECT = `SELECT m.digest, m.media_type AS "mediaType", m.artifact_type AS "artifactType", m.size, m.total_size::float8 AS "totalSize",
    m.subject, m.annotations, m.locked, m.created_at AS "createdAt", m.created_by AS "createdBy", t.tags[1:${MAX_TAGS}] AS tags,
    coalesce(cardinality(t.tags), 0) AS "tagCount"
  FROM manifest m CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(name ORDER BY name), '{}') AS tags FROM tag
    WHERE manifest_id = m.manifest_id AND registry_id = m.registry_id AND valid_to IS NULL) t
  WHERE m.registry_id = $1 AND m.image_id = $2 AND m.deleted_at IS NULL`;

/** In byte order of their digests. */
export function listManifests(
  database: Database,
  { registryId, imageId }: { registryId: string; imageId: string },
  after: string,
  limit: number,
): Promise<ManifestView[]> {
  return database.query(`${SELECT} AND m.digest > $3 ORDER BY m.digest LIMIT $4`, [registryId, imageId, after, limit]);
}

export async function findManifest(
  database: Database,
  { registryId, imageId }: { registryId: string; imageId: string },
  digest: string,
): Promise<ManifestView | null> {
  const [manifest] = await database.query<ManifestView>(`${SELECT} AND m.digest = $3`, [registryId, imageId, digest]);
  return manifest ?? null;
}
