import type { ManifestBodyReply, ManifestBodyRequest } from '@entrepot/contracts';
import { oci } from '@entrepot/oci';
import type { CatalogPorts } from '../catalog-ports.js';

/** The exact bytes of a live manifest. Throws `MANIFEST_UNKNOWN`. */
export async function manifestBody(
  { database }: CatalogPorts,
  { registryId, imageId, digest }: ManifestBodyRequest,
): Promise<ManifestBodyReply> {
  const [row] = await database.ask<{ body: Buffer }>({
    name: 'manifest-body',
    text: `SELECT body FROM manifest WHERE registry_id = $1 AND image_id = $2 AND digest = $3 AND deleted_at IS NULL`,
    values: [registryId, imageId, digest],
  });
  if (row === undefined) throw oci.manifestUnknown(digest);
  return { body: row.body.toString('base64') };
}
