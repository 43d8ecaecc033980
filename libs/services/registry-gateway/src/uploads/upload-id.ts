import { oci } from '@entrepot/oci';

/** The catalog's ids are UUIDs without hyphens; the contract lets 64 characters through. */
const MAX_UPLOAD_ID = 64;

/** The id as the client wrote it. Throws `BLOB_UPLOAD_UNKNOWN` for one that is longer than any can be. */
export function knownUploadId(text: string): string {
  if (text.length > MAX_UPLOAD_ID) throw oci.blobUploadUnknown(text);
  return text;
}
