import type {
  AdvanceUploadRequest,
  ClaimUploadRequest,
  Empty,
  UploadClaim,
  UploadOffset,
  UploadRequest,
} from '@entrepot/contracts';
import { oci } from '@entrepot/oci';
import type { CatalogPorts } from '../catalog-ports.js';
import { after, KEEP_MS } from '../durations.js';
import { advanceOpenUpload, claimOpenUpload, findOpenUpload, releaseUpload } from './upload.store.js';
import { whyNot } from './upload-refusals.js';

/** Takes the session over: whoever held it can neither advance nor commit any more. A wrong offset (416) takes nothing from anybody. */
export async function claimUpload(
  { database, clock }: CatalogPorts,
  request: ClaimUploadRequest,
): Promise<UploadClaim> {
  const now = clock();
  const { expectedOffset } = request;
  const row = await claimOpenUpload(database, request, expectedOffset, { now, expiresAt: after(now, KEEP_MS) });
  if (row === null) throw await whyNot(database, request, now, `the chunk does not begin where the last one ended`);
  const { uploadId, revision, offset, storeKey: key, state, algorithm, digestSoFar } = row;
  return { uploadId, revision, offset, key, state, algorithm, digestSoFar };
}

/** Moves the offset past bytes that are durable in the store. The same advance again succeeds. */
export async function advanceUpload({ database, clock }: CatalogPorts, request: AdvanceUploadRequest): Promise<Empty> {
  const now = clock();
  if (!(await advanceOpenUpload(database, request, request, { now, expiresAt: after(now, KEEP_MS) }))) {
    throw await whyNot(database, request, now, 'another request took the upload over');
  }
  return {};
}

/** Throws `BLOB_UPLOAD_UNKNOWN` when the session isn't open. */
export async function uploadStatus({ database, clock }: CatalogPorts, request: UploadRequest): Promise<UploadOffset> {
  const row = await findOpenUpload(database, request, clock());
  if (row === null) throw oci.blobUploadUnknown(request.uploadId);
  return { offset: row.offset, algorithm: row.algorithm };
}

/** Throws `BLOB_UPLOAD_UNKNOWN` when the session isn't open. */
export async function cancelUpload({ database, clock }: CatalogPorts, request: UploadRequest): Promise<Empty> {
  if (!(await releaseUpload(database, request, clock()))) throw oci.blobUploadUnknown(request.uploadId);
  return {};
}
