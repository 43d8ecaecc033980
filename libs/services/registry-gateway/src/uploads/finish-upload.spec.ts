import { describe, expect, it } from '@jest/globals';
import { BlobMissing } from '@entrepot/blob-store';
import { Digest, oci } from '@entrepot/oci';
import { planeUnderTest } from '../spec/plane-under-test.js';

const BYTES = 'whole';
const DIGEST = Digest.of(Buffer.from(BYTES)).toString();
const UPLOAD_ID = '01a1';
/** Its bytes came through another gateway, so they are read back. */
const CLAIM = {
  uploadId: UPLOAD_ID,
  revision: 2,
  offset: 5,
  key: 'k',
  state: { text: BYTES },
  algorithm: 'sha256',
  digestSoFar: null,
};

/** Ends an upload whose bytes another attempt removed; the status and code of the answer. */
async function finish(ended: boolean, linked: boolean): Promise<string> {
  const { fastify } = await planeUnderTest(
    {
      'catalog.upload.claim.v1': () => CLAIM,
      'catalog.upload.status.v1': () => {
        if (ended) throw oci.blobUploadUnknown(UPLOAD_ID);
        return { offset: 5, algorithm: 'sha256' };
      },
    },
    { blob: linked ? { digest: DIGEST, size: 5, location: {} } : null },
    { readState: () => Promise.reject(new BlobMissing('k')) },
  );
  const url = `/v2/demo/apps/x/blobs/uploads/${UPLOAD_ID}?digest=${DIGEST}`;
  const reply = await fastify.inject({ method: 'PUT', url });
  await fastify.close();
  return [reply.statusCode, ...(reply.body ? [reply.json<{ errors: { code: string }[] }>().errors[0]?.code] : [])].join(
    ' ',
  );
}

describe('ending an upload whose bytes another attempt removed meanwhile', () => {
  it('succeeds when that attempt made them the blob', async () => {
    expect(await finish(true, true)).toBe('201');
  });

  it('finds the session gone when it was cancelled', async () => {
    expect(await finish(true, false)).toBe('404 BLOB_UPLOAD_UNKNOWN');
  });

  it('tells a loss as one when the session is open: nobody had a right to remove them', async () => {
    expect(await finish(false, false)).toBe('500 UNKNOWN');
  });
});
