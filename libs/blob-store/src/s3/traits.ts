import { randomBytes } from 'node:crypto';
import { crc32Of } from './checksum.js';
import { Listing } from './listing.js';
import { type Patience, Pauses } from './retry.js';
import { worthAnotherTry } from './s3-errors.js';
import { isFailure, S3Failure } from './s3-failure.js';
import type { S3Request, S3Wire } from './s3-wire.js';
import { decodeXml, textOf } from './xml.js';

/** In what stores differ that all speak S3. Found out by trying, not by their names. */
export interface StoreTraits {
  /** Whether the store refuses a body that does not have the CRC-32 of its header. */
  readonly checksCrc32: boolean;
  /** Whether open uploads can be listed by a prefix. MinIO finds only those of exactly the name. */
  readonly listsUploadsByPrefix: boolean;
}

/** Enough for a connection that the store had closed meanwhile. */
const AT_ONCE: Patience = { backoffMs: 20, giveUpMs: 200 };

const PROBE = [Buffer.from('probe\n')];

/**
 * Writes a part of an upload that never ends, and removes it: nothing stays, also where the bucket keeps versions or locks objects. Fails
 * with `S3Failure` when the bucket can't be written to, and soon: who asks wants to know how it is now.
 */
export async function probe(wire: S3Wire, bucket: string): Promise<void> {
  await withProbe(wire, bucket, (part) => wire.request(part(crc32Of(PROBE)), AT_ONCE), AT_ONCE);
}

export async function traitsOf(wire: S3Wire, bucket: string): Promise<StoreTraits> {
  return withProbe(wire, bucket, async (part, name) => ({
    checksCrc32: await refuses(wire, part(crc32Of([]))),
    listsUploadsByPrefix: await finds(wire, bucket, name),
  }));
}

async function withProbe<T>(
  wire: S3Wire,
  bucket: string,
  use: (part: (crc32: string) => S3Request, name: string) => Promise<T>,
  patience = wire.patience,
): Promise<T> {
  const name = `probe-${randomBytes(8).toString('hex')}`;
  const headers = { 'x-amz-checksum-algorithm': 'CRC32' };
  const begun = await wire.request({ method: 'POST', bucket, name, query: { uploads: '' }, headers }, patience);
  const uploadId = decodeXml(textOf(begun.text, 'UploadId') ?? '');
  if (!uploadId) throw new S3Failure('WrongAnswer', 'an upload without an id', 200, { bucket });
  const query = { partNumber: 1, uploadId };
  const part = (crc32: string): S3Request => {
    return { method: 'PUT', bucket, name, query, headers: { 'x-amz-checksum-crc32': crc32 }, body: PROBE };
  };
  try {
    return await use(part, name);
  } finally {
    await wire.request({ method: 'DELETE', bucket, name, query: { uploadId } }, patience).catch(() => undefined);
  }
}

/** Whether the store refuses a part with a wrong checksum. */
async function refuses(wire: S3Wire, part: S3Request): Promise<boolean> {
  const pauses = new Pauses(wire.patience);
  for (;;) {
    try {
      await wire.requestOnce(part);
      return false;
    } catch (error) {
      if (isFailure(error, 'BadDigest', 'XAmzContentChecksumMismatch', 'InvalidDigest', 'InvalidRequest')) return true;
      if (!worthAnotherTry(error)) throw error;
      await pauses.before(error);
    }
  }
}

async function finds(wire: S3Wire, bucket: string, name: string): Promise<boolean> {
  for await (const page of new Listing(wire).uploads(bucket, name.slice(0, -1))) {
    if (page.some((upload) => upload.name === name)) return true;
  }
  return false;
}
