import type { SuspectBlobRequest } from '@entrepot/contracts';
import { Digest } from '@entrepot/oci';
import type { CatalogPorts } from '../catalog-ports.js';

/** Puts the live generation before all others in the scrub's order. False when there is none. */
export async function suspectBlob(
  { database, clock }: CatalogPorts,
  { registryId, digest }: SuspectBlobRequest,
): Promise<boolean> {
  const { algorithm, hex } = Digest.parse(digest);
  const rows = await database.query(
    `INSERT INTO blob_check AS c (registry_id, generation, verified_at, suspected_at)
     SELECT registry_id, generation, created_at, $4 FROM blob
     WHERE registry_id = $1 AND algorithm = $2 AND hex = $3 AND state = 'live'
     ON CONFLICT (registry_id, generation) DO UPDATE SET suspected_at = coalesce(c.suspected_at, excluded.suspected_at)
     RETURNING 1`,
    [registryId, algorithm, hex, clock()],
  );
  return rows.length > 0;
}
