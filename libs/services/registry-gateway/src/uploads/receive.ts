import { BlobTooLarge, BlobTooManyParts, type JsonObject, type RunningDigest } from '@entrepot/blob-store';
import { UPLOAD_CLAIM_MS, type UploadClaim } from '@entrepot/contracts';
import { oci, OciError } from '@entrepot/oci';
import { announcedLength, type Call } from '../plane/call.js';
import type { Ports } from '../plane/ports.js';
import { ClientGone } from '../plane/read-body.js';
import { chunkOf } from './content-range.js';

/** A claim with what the body of this request added to it. Nothing of it is in the row yet. */
export interface Received {
  readonly state: JsonObject;
  readonly offset: number;
  /** Over everything up to `offset`; null when earlier bytes came through another replica. Who has this keeps or discards it. */
  readonly digest: RunningDigest | null;
}

/**
 * Streams the request's body into the store behind what the claim holds, with back-pressure, and returns when it is durable. A body that is
 * shorter than announced, or whose client vanished, changes nothing: the row still holds the old offset. Nor does one that lasts longer than its
 * claim: it is cut off, for from then on the catalog takes what lies beside the blob for nobody's.
 */
export async function receiveBody(ports: Ports, call: Call, claim: UploadClaim): Promise<Received> {
  const state = (claim.state as JsonObject | null) ?? (await ports.blobs.begin(claim.key));
  const announced = announcedLength(call.headers);
  const runningDigest = () => ports.digests.at(claim.uploadId, claim.offset, claim.algorithm);
  if (announced === 0) return { state, offset: claim.offset, digest: runningDigest() };
  const limit = ports.config.maxBlobBytes - claim.offset;
  if (announced !== null && announced > limit) throw blobTooLarge(ports.config.maxBlobBytes);
  call.sendForBody();
  const digest = runningDigest();
  const end = setTimeout(() => call.body.destroy(new Error('the claim ran out')), UPLOAD_CLAIM_MS).unref();
  try {
    const appended = await ports.blobs.append(claim.key, state, call.body, { limit, digest, consume: true });
    requireWholeChunk(call, appended.written);
    return { state: appended.state, offset: claim.offset + appended.written, digest };
  } catch (error) {
    digest?.discard();
    if (error instanceof BlobTooLarge) throw blobTooLarge(ports.config.maxBlobBytes);
    if (error instanceof BlobTooManyParts)
      throw oci.blobUploadInvalid(`an upload may come in ${error.limit} chunks: send larger ones`);
    if (call.body.destroyed && !call.body.complete) throw new ClientGone();
    throw error;
  } finally {
    clearTimeout(end);
  }
}

/** A body sent in chunks has no length of its own to be held to: what `Content-Range` announced is. */
function requireWholeChunk(call: Call, written: number): void {
  const chunk = chunkOf(call);
  if (chunk === null || written === chunk.end - chunk.start + 1) return;
  throw oci.sizeInvalid(
    `Content-Range says ${chunk.end - chunk.start + 1} bytes, ${written} arrived; nothing was kept`,
  );
}

function blobTooLarge(max: number): OciError {
  return new OciError('SIZE_INVALID', `a blob may have ${max} bytes here, this one has more`, { status: 413 });
}
