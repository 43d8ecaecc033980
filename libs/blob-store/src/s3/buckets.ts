import { BlobStoreUnavailable } from '../errors.js';
import { isFailure } from './s3-failure.js';
import type { S3Wire } from './s3-wire.js';
import { decodeXml, elementsOf, encodeXml, textOf } from './xml.js';

/** Makes a bucket. False when our account has it already; throws when another one has. */
export async function makeBucket(wire: S3Wire, bucket: string, region: string): Promise<boolean> {
  const location = `<CreateBucketConfiguration><LocationConstraint>${encodeXml(region)}</LocationConstraint></CreateBucketConfiguration>`;
  // In its first region S3 refuses to be told its name.
  const body = region === 'us-east-1' ? [] : [Buffer.from(location)];
  try {
    await wire.request({ method: 'PUT', bucket, body });
    return true;
  } catch (error) {
    if (isFailure(error, 'BucketAlreadyOwnedByYou')) return false;
    // What SeaweedFS says of our own bucket, too: who may look into it owns it.
    if (isFailure(error, 'BucketAlreadyExists') && (await mayOpen(wire, bucket))) return false;
    throw error;
  }
}

async function mayOpen(wire: S3Wire, bucket: string): Promise<boolean> {
  return wire.request({ method: 'HEAD', bucket }).then(
    () => true,
    (error: unknown) => {
      if (isFailure(error, 'AccessDenied', 'NotFound', 'PermanentRedirect', 'BadRequest')) return false;
      throw error;
    },
  );
}

/** Whether nothing is in it, or below a prefix. Refuses to guess: a bucket that may not be listed counts as used. */
export async function isEmptyBucket(wire: S3Wire, bucket: string, prefix = ''): Promise<boolean> {
  const query = { 'list-type': 2, 'max-keys': 1, ...(prefix && { prefix }) };
  const { text } = await wire.request({ method: 'GET', bucket, query });
  return textOf(text, 'Key') === null;
}

/** Names of our account's buckets that begin with `prefix`, in order. */
export async function listBuckets(wire: S3Wire, prefix: string): Promise<string[]> {
  const { text } = await wire.request({ method: 'GET' });
  return [...elementsOf(text, 'Name')]
    .map(decodeXml)
    .filter((name) => name.startsWith(prefix))
    .toSorted();
}

/** Removes an empty bucket; absent is fine. */
export async function removeBucket(wire: S3Wire, bucket: string): Promise<void> {
  await wire.request({ method: 'DELETE', bucket }).catch((error: unknown) => {
    if (!isFailure(error, 'NoSuchBucket', 'NotFound')) throw error;
  });
}

export function strangeBucket(bucket: string, why: string): BlobStoreUnavailable {
  return new BlobStoreUnavailable(`the bucket ${bucket} ${why}: it is left alone`, false);
}
