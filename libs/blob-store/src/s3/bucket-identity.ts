import { BlobStoreUnavailable } from '../errors.js';
import { decodeIdentity, encodeIdentity, MAX_IDENTITY_BYTES } from '../identity.js';
import { IDENTITY_KEY } from '../keys.js';
import type { StoreIdentity } from '../port.js';
import { crc32Of } from './checksum.js';
import { lookAgain } from './look-again.js';
import { patiently } from './retry.js';
import { isFailure } from './s3-failure.js';
import type { S3Wire } from './s3-wire.js';
import { bodyOf } from './transport.js';

/** The identity record of a bucket, or null when it has none. Throws `BlobStoreUnavailable` when it is not one of ours. */
export async function readIdentity(wire: S3Wire, bucket: string): Promise<StoreIdentity | null> {
  const read = (): Promise<Buffer | null> => readRecord(wire, bucket);
  const bytes = await lookAgain(wire.patience, read, (found) => found !== null);
  return bytes && decodeIdentity(bytes);
}

async function readRecord(wire: S3Wire, bucket: string): Promise<Buffer | null> {
  return patiently(wire.patience, async () => {
    const answer = await wire.send({ method: 'GET', bucket, name: IDENTITY_KEY });
    if (Number(answer.headers['content-length']) > MAX_IDENTITY_BYTES) {
      answer.destroy();
      throw new BlobStoreUnavailable(`the identity record of the bucket ${bucket} is not one of ours`, false);
    }
    return bodyOf(answer, MAX_IDENTITY_BYTES, wire.silenceMs);
  }).catch((error: unknown) => {
    if (isFailure(error, 'NoSuchKey')) return null;
    throw error;
  });
}

export async function writeIdentity(wire: S3Wire, bucket: string, identity: StoreIdentity): Promise<void> {
  const body = [encodeIdentity(identity)];
  // Buckets that lock objects take none without a checksum.
  const headers = { 'x-amz-checksum-crc32': crc32Of(body) };
  await wire.request({ method: 'PUT', bucket, name: IDENTITY_KEY, headers, body });
}
