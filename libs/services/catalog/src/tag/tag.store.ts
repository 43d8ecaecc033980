import type { Transaction } from '@entrepot/platform-persistence';

/** A tag as it stands now: the open range of its history. */
export interface OpenTag {
  name: string;
  digest: string;
  /** Whether the digest that it points at is locked. */
  manifestLocked: boolean;
}

export interface TagTarget {
  manifestId: string;
  digest: string;
}

/** The open ones of these names, locked, in byte order. Joined, not `= ANY`: of that Postgres makes a plan anew each time. */
export async function lockTags(
  tx: Transaction,
  registryId: string,
  imageId: string,
  names: readonly string[],
): Promise<OpenTag[]> {
  return tx.ask({
    name: 'tag-lock',
    text: `SELECT t.name, t.digest, m.locked AS "manifestLocked"
      FROM unnest($3::text[]) AS wanted (name)
      JOIN tag t ON t.registry_id = $1 AND t.image_id = $2 AND t.name = wanted.name AND t.valid_to IS NULL
      JOIN manifest m ON m.registry_id = t.registry_id AND m.manifest_id = t.manifest_id
      ORDER BY t.name FOR UPDATE OF t`,
    values: [registryId, imageId, names],
  });
}

/**
 * Points tags at a manifest: ends their open ranges and begins new ones at the same moment. A range never begins before the one before it
 * ended, whatever the clock does. The tags' rows must be locked, the image's too.
 */
export function pointTags(
  tx: Transaction,
  registryId: string,
  imageId: string,
  names: readonly string[],
  { manifestId, digest }: TagTarget,
  actor: string,
): void {
  tx.write({
    name: 'tag-point',
    text: `WITH ended AS (
        UPDATE tag SET valid_to = greatest(clock_timestamp(), valid_from + interval '1 microsecond'), ended_by = $6
        WHERE registry_id = $1 AND image_id = $2 AND name = ANY($3::text[]) AND valid_to IS NULL
        RETURNING name, valid_to)
      INSERT INTO tag (registry_id, image_id, name, valid_from, manifest_id, digest, set_by)
      SELECT $1, $2, wanted.name,
        coalesce(ended.valid_to, greatest(clock_timestamp(), (
          SELECT before.valid_to FROM tag before
          WHERE before.registry_id = $1 AND before.image_id = $2 AND before.name = wanted.name
          ORDER BY before.valid_from DESC LIMIT 1))),
        $4, $5, $6
      FROM unnest($3::text[]) AS wanted (name) LEFT JOIN ended ON ended.name = wanted.name`,
    values: [registryId, imageId, names, manifestId, digest, actor],
  });
}

const END = `UPDATE tag SET valid_to = greatest(clock_timestamp(), valid_from + interval '1 microsecond')`;

/** Ends the open range of a tag whose row is locked. */
export function endTag(tx: Transaction, registryId: string, imageId: string, name: string, actor: string): void {
  tx.write({
    name: 'tag-end',
    text: `${END}, ended_by = $4 WHERE registry_id = $1 AND image_id = $2 AND name = $3 AND valid_to IS NULL`,
    values: [registryId, imageId, name, actor],
  });
}

/** Ends every tag that points at the manifest. Resolves to their names in byte order. The image's row must be locked. */
export async function endTagsOf(
  tx: Transaction,
  registryId: string,
  manifestId: string,
  actor: string,
): Promise<string[]> {
  const ended = await tx.ask<{ name: string }>({
    name: 'tag-end-all',
    text: `WITH ended AS (
        ${END}, ended_by = $3 WHERE registry_id = $1 AND manifest_id = $2 AND valid_to IS NULL RETURNING name)
      SELECT name FROM ended ORDER BY name`,
    values: [registryId, manifestId, actor],
  });
  return ended.map(({ name }) => name);
}
