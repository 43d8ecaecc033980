import type { Database } from '@entrepot/platform-persistence';

/** A quarantined blob as its registry's administrators see it. */
export interface DamagedBlobRow {
  digest: string;
  size: number;
  problem: string;
  foundAt: Date;
  /** `repository/image`, in byte order; not more than a page of them. */
  images: string[];
}

/** Those found first come first. A base layer may be in thousands of images: `maxImages` of them are named. */
export function damagedBlobs(
  database: Database,
  registryId: string,
  limit: number,
  maxImages: number,
): Promise<DamagedBlobRow[]> {
  return database.query<DamagedBlobRow>(
    `SELECT d.algorithm || ':' || d.hex AS digest, b.size::float8 AS size, d.problem, d.found_at AS "foundAt",
       ARRAY(SELECT p.name || '/' || i.name FROM blob_link l
         JOIN image i ON i.registry_id = l.registry_id AND i.image_id = l.image_id AND i.deleted_at IS NULL
         JOIN repository p ON p.registry_id = i.registry_id AND p.repository_id = i.repository_id AND p.deleted_at IS NULL
         WHERE l.registry_id = d.registry_id AND l.generation = d.generation ORDER BY 1 LIMIT $3) AS images
     FROM damaged_blob d JOIN blob b USING (registry_id, generation)
     WHERE d.registry_id = $1 AND b.state = 'quarantined' ORDER BY d.found_at, d.generation LIMIT $2`,
    [registryId, limit, maxImages],
  );
}

/** When the live byte of the registry that was verified longest ago was; null when it has none that was taken in yet. */
export async function oldestVerified(database: Database, registryId: string): Promise<Date | null> {
  const [row] = await database.query<{ verifiedAt: Date }>(
    `SELECT c.verified_at AS "verifiedAt" FROM blob_check c JOIN blob b USING (registry_id, generation)
     WHERE c.registry_id = $1 AND b.state = 'live' ORDER BY c.verified_at LIMIT 1`,
    [registryId],
  );
  return row?.verifiedAt ?? null;
}
