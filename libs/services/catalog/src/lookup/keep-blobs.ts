import type { Database } from '@entrepot/platform-persistence';

export interface KeptLink {
  registryId: string;
  imageId: string;
  algorithm: string;
  hex: string;
}

/**
 * Keeps links that nothing refers to for longer, so that a client which was told "the blob is here" can push its manifest. Resolves to those that
 * are gone: nobody may be told that they are here.
 *
 * A link whose row somebody else holds is waited for, after all others: whoever holds it may be taking it away, and its old time to be looked at
 * may be this moment. Rows are held for milliseconds, and those who lock several do it in one order, so nobody waits in a circle.
 */
export async function keepBlobs(
  database: Database,
  links: readonly KeptLink[],
  keepUntil: Date,
): Promise<readonly KeptLink[]> {
  const held = await keep(database, links, keepUntil, 'SKIP LOCKED');
  return held.length === 0 ? held : keep(database, held, keepUntil, '');
}

/** Resolves to the links that were not kept: gone or, with `SKIP LOCKED`, held by somebody. */
async function keep(
  database: Database,
  links: readonly KeptLink[],
  keepUntil: Date,
  whenHeld: 'SKIP LOCKED' | '',
): Promise<readonly KeptLink[]> {
  const kept = await database.ask<KeptLink>({
    name: `lookup-keep-blobs${whenHeld ? '' : '-waiting'}`,
    // Who remembers the link thinks that it ends sooner.
    untold: true,
    text: `UPDATE blob_link l SET keep_until = greatest(l.keep_until, $5) FROM (
        SELECT k.registry_id, k.image_id, k.algorithm, k.hex
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS asked (registry_id, image_id, algorithm, hex)
        JOIN blob_link k USING (registry_id, image_id, algorithm, hex)
        ORDER BY 1, 2, 3, 4 FOR NO KEY UPDATE OF k ${whenHeld}) AS due
      WHERE l.registry_id = due.registry_id AND l.image_id = due.image_id AND l.algorithm = due.algorithm AND l.hex = due.hex
      RETURNING l.registry_id AS "registryId", l.image_id AS "imageId", l.algorithm, l.hex`,
    values: [
      links.map((link) => link.registryId),
      links.map((link) => link.imageId),
      links.map((link) => link.algorithm),
      links.map((link) => link.hex),
      keepUntil,
    ],
  });
  const known = new Set(kept.map(keyOf));
  return links.filter((link) => !known.has(keyOf(link)));
}

/** One text per link: none of its parts holds a slash. */
export function keyOf({ registryId, imageId, algorithm, hex }: KeptLink): string {
  return [registryId, imageId, algorithm, hex].join('/');
}
