import type { Database } from '@entrepot/platform-persistence';

interface InImage {
  registryId: string;
  imageId: string;
}

/** One range of a tag's history. Moments have microseconds, since two of one tag may lie within a millisecond. */
export interface TagRange {
  name: string;
  digest: string;
  validFrom: string;
  /** Null: it points there now. */
  validTo: string | null;
  setBy: string;
  endedBy: string | null;
  /** Whether the digest can still be pulled, and so the tag pointed at it again. */
  available: boolean;
}

const moment = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const SELECT = `SELECT t.name, t.digest, ${moment('t.valid_from')} AS "validFrom", ${moment('t.valid_to')} AS "validTo",
    t.set_by AS "setBy", t.ended_by AS "endedBy", EXISTS (
      SELECT 1 FROM manifest m
      WHERE m.registry_id = t.registry_id AND m.image_id = t.image_id AND m.digest = t.digest AND m.deleted_at IS NULL) AS available
  FROM tag t WHERE t.registry_id = $1 AND t.image_id = $2`;

/** Current tags in byte order. */
export function listCurrentTags(
  database: Database,
  { registryId, imageId }: InImage,
  after: string,
  limit: number,
): Promise<TagRange[]> {
  return database.query(`${SELECT} AND t.valid_to IS NULL AND t.name > $3 ORDER BY t.name LIMIT $4`, [
    registryId,
    imageId,
    after,
    limit,
  ]);
}

export async function findTag(
  database: Database,
  { registryId, imageId }: InImage,
  name: string,
): Promise<TagRange | null> {
  const [tag] = await database.query<TagRange>(`${SELECT} AND t.valid_to IS NULL AND t.name = $3`, [
    registryId,
    imageId,
    name,
  ]);
  return tag ?? null;
}

/** All ranges of a tag, newest first; those from before the moment `before`, if one is given. */
export function historyOf(
  database: Database,
  { registryId, imageId }: InImage,
  name: string,
  before: string | null,
  limit: number,
): Promise<TagRange[]> {
  return database.query(
    `${SELECT} AND t.name = $3 AND t.valid_from < coalesce($4::timestamptz, 'infinity') ORDER BY t.valid_from DESC LIMIT $5`,
    [registryId, imageId, name, before, limit],
  );
}
