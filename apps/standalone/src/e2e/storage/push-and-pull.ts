import { expect, it } from '@jest/globals';
import { aBlob, aManifest, BLOB_PUSHES, openUpload, UploadSession } from '@entrepot/testing';
import { isAmong, objectsOf, type Stage } from './stage.js';

const MIB = 1024 * 1024;

/** What clients do with a registry whose bytes are in an S3 API. */
export function pushAndPull(stage: () => Stage): void {
  it.each(BLOB_PUSHES)('a blob pushed by %s comes back, whole and in ranges', async (how) => {
    const { root } = stage();
    const name = `demo/apps/${how}`;
    // More than one part of S3's, and of our own segments.
    const blob = aBlob(11 * MIB + 7, `s3 ${how}`);
    expect((await root.pushBlob(name, blob, how)).status).toBe(201);
    const path = `/v2/${name}/blobs/${blob.digest}`;
    const head = await root.head(path);
    expect([head.status, head.header('content-length')]).toEqual([200, String(blob.bytes.length)]);
    const whole = await root.get(path);
    expect([whole.status, whole.body.equals(blob.bytes)]).toEqual([200, true]);
    const [start, end] = [5 * MIB - 3, 9 * MIB + 1];
    const part = await root.get(path, { range: `bytes=${start}-${end}` });
    expect([part.status, part.body.equals(blob.bytes.subarray(start, end + 1))]).toEqual([206, true]);
    const last = await root.get(path, { range: 'bytes=-5' });
    expect(last.body.equals(blob.bytes.subarray(-5))).toBe(true);
  });

  it('a blob in many chunks, most below the smallest part of S3, comes back', async () => {
    const { root } = stage();
    const name = 'demo/apps/many-chunks';
    const blob = aBlob(8 * MIB + 1234, 's3 many chunks');
    const session = new UploadSession(root, await openUpload(root, name));
    const lengths = [...Array.from({ length: 20 }, () => 70_001), 6 * MIB];
    for (const length of lengths) {
      const { offset } = session;
      expect((await session.chunk(blob.bytes.subarray(offset, offset + length))).status).toBe(202);
    }
    expect((await session.end(blob.digest, blob.bytes.subarray(session.offset))).status).toBe(201);
    expect((await root.get(`/v2/${name}/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
  });

  it('a blob of no bytes and one with the wrong digest are what they are', async () => {
    const { root } = stage();
    const empty = aBlob(0, 'empty');
    expect((await root.pushBlob('demo/apps/empty', empty)).status).toBe(201);
    const pulled = await root.get(`/v2/demo/apps/empty/blobs/${empty.digest}`);
    expect([pulled.status, pulled.body.length]).toEqual([200, 0]);
    const wrong = { ...aBlob(100_000, 'wrong'), digest: aBlob(1, 'other').digest };
    expect((await root.pushBlob('demo/apps/empty', wrong)).status).toBe(400);
  });

  it('an image is pushed, pulled, and gone when it is deleted', async () => {
    const { root } = stage();
    const image = aManifest({ seed: 's3 image', layers: 3 });
    await root.pushImage('demo/apps/image', image, ['1', '2']);
    await root.pullImage('demo/apps/image', image, '1');
    expect((await root.delete(`/v2/demo/apps/image/manifests/${image.digest}`)).status).toBe(202);
    expect((await root.get('/v2/demo/apps/image/manifests/1')).status).toBe(404);
  });

  it('an upload that is cancelled leaves nothing that can be pulled', async () => {
    const { root } = stage();
    const session = new UploadSession(root, await openUpload(root, 'demo/apps/cancelled'));
    expect((await session.chunk(aBlob(6 * MIB, 'cancelled').bytes)).status).toBe(202);
    expect((await session.cancel()).status).toBe(204);
    expect((await session.status()).status).toBe(404);
  });

  it('is encrypted by default: no bytes of a blob are in its bucket in the clear', async () => {
    const { root, registryId } = stage();
    const blob = aBlob(300_000, 'secret');
    expect((await root.pushBlob('demo/apps/secret', blob)).status).toBe(201);
    const encryption = await root.get(`/api/v1/registries/${registryId}/encryption`);
    expect(encryption.json<{ enabled: boolean }>().enabled).toBe(true);
    const objects = await objectsOf(stage(), registryId);
    expect([objects.length > 0, isAmong(objects, blob.bytes)]).toEqual([true, false]);
  });
}
