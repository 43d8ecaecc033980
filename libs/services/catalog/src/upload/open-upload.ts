import { blobKey } from '@entrepot/blob-store';
import type { OpenUploadRequest, UploadClaim } from '@entrepot/contracts';
import { parseImageName } from '@entrepot/oci';
import type { CatalogPorts } from '../catalog-ports.js';
import { after, KEEP_MS } from '../durations.js';
import { changeable } from '../image/place.store.js';
import { newId } from '../new-id.js';
import { insertUpload } from './upload.store.js';

/** Opens a session. Its row names the store's key before the first byte is written, so that no bytes are ever without a row. */
export async function openUpload({ database, clock }: CatalogPorts, request: OpenUploadRequest): Promise<UploadClaim> {
  const now = clock();
  parseImageName(request.image);
  const [uploadId, generation] = [newId(now), newId(now)];
  const key = blobKey({ registryId: request.registryId, generation });
  const { algorithm } = request;
  const upload = { uploadId, generation, storeKey: key, algorithm };
  changeable(await insertUpload(database, request, upload, { now, expiresAt: after(now, KEEP_MS) }));
  return { uploadId, revision: 1, offset: 0, key, state: null, algorithm, digestSoFar: null };
}
