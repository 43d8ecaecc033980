import type { UploadRequest } from '@entrepot/contracts';
import { oci, OciError } from '@entrepot/oci';
import { type Asker, findOpenUpload } from './upload.store.js';

/** 416 with the offset at which the client may go on, as the answer to an upload's status has it. */
export function outOfOrder(offset: number, message: string): OciError {
  const { code, status, message: text } = oci.rangeInvalid(message);
  return new OciError(code, text, { status, headers: { range: `0-${Math.max(0, offset - 1)}` }, detail: { offset } });
}

/** Why a statement on an open session found none: it is gone (404), or it stands elsewhere or belongs to a later claim (416). */
export async function whyNot(asker: Asker, request: UploadRequest, now: Date, message: string): Promise<OciError> {
  const open = await findOpenUpload(asker, request, now);
  if (open === null) return oci.blobUploadUnknown(request.uploadId);
  return outOfOrder(open.offset, `${message}; the upload holds ${open.offset} bytes`);
}
