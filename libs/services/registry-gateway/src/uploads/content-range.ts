import { type ByteSpan, oci, parseContentRange } from '@entrepot/oci';
import type { Call } from '../plane/call.js';

/** The bytes that `Content-Range` announces; null without one. */
export function chunkOf({ headers }: Pick<Call, 'headers'>): ByteSpan | null {
  const header = headers['content-range'];
  if (header === undefined) return null;
  const chunk = parseContentRange(header);
  if (chunk === null) {
    throw oci.blobUploadInvalid(
      'Content-Range of a chunk is <first byte>-<last byte>, both counted from 0 and included',
    );
  }
  return chunk;
}
