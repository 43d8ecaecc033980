import type { TagListReply, TagListRequest } from '@entrepot/contracts';
import type { CatalogPorts } from '../catalog-ports.js';

/** A page of current tags in byte order. Its cost is that of the page, wherever it begins and however many tags or how much history there is. */
export async function listTags(
  { database }: CatalogPorts,
  { registryId, imageId, after, limit }: TagListRequest,
): Promise<TagListReply> {
  if (limit === 0) return { tags: [], more: false };
  const rows = await database.ask<{ name: string }>({
    name: 'tag-list',
    text: `SELECT name FROM tag
      WHERE registry_id = $1 AND image_id = $2 AND valid_to IS NULL AND name > $3 ORDER BY name LIMIT $4`,
    values: [registryId, imageId, after ?? '', limit + 1],
  });
  return { tags: rows.slice(0, limit).map(({ name }) => name), more: rows.length > limit };
}
