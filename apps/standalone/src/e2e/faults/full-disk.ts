import { beforeAll, expect, it } from '@jest/globals';
import { aBlob, aManifest, type BlobPush, BLOB_PUSHES, openUpload, UploadSession } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import type { SmallDisk } from '../support/small-disk.js';
import { changesNothing } from '../support/unchanged.js';

const MIB = 1024 * 1024;
const NAME = 'demo/apps/full';
const IMAGE = aManifest({ layers: 2, seed: 'full' });

/** The disk's own "no space left", through the running product: not the free-disk mark, which is another test's. */
export function fullDisk(scene: () => Scene, disk: SmallDisk): void {
  beforeAll(() => scene().root.pushImage(NAME, IMAGE, ['1', '2', '3']));

  it.each(BLOB_PUSHES)(
    'a push (%s) that no longer fits is refused with 507, and leaves nothing of itself',
    async (how: BlobPush) => {
      const { root, suite } = scene();
      disk.ballast(suite, 2 * MIB);
      const before = disk.files(suite);
      const blob = aBlob(6 * MIB, `too much ${how}`);
      const refused = await changesNothing(root, () => root.pushBlob(NAME, blob, how));
      expect([refused.status, refused.code]).toEqual([507, 'UNAVAILABLE']);
      expect(refused.message).toContain('no room for pushes');
      expect(refused.message).toContain('pulls and deletes work');
      expect((await root.get(`/v2/${NAME}/blobs/${blob.digest}`)).status).toBe(404);
      // What was taken in chunks before is a session that may go on; of the refused request nothing is left.
      const kept = Object.entries(disk.files(suite)).filter(([name]) => !(name in before));
      for (const [, size] of kept) expect(size).toBeLessThanOrEqual(2 * MIB + 4096);
      if (!how.startsWith('chunks')) expect(kept).toEqual([]);
      disk.ballast(suite, null);
    },
  );

  it('pushing until it is full: what was told 201 is there, what was not is not, and pulls, lists and deletes go on', async () => {
    const { root, suite } = scene();
    disk.ballast(suite, 8 * MIB);
    const blobs = Array.from({ length: 40 }, (_, at) => aBlob(MIB / 2, `until full ${at}`));
    const replies = await Promise.all(
      blobs.map((blob, at) => root.pushBlob(NAME, blob, at % 2 ? 'stream' : 'post-put')),
    );
    const statuses = replies.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([201, 507]));
    for (const [at, blob] of blobs.entries()) {
      const reply = await root.get(`/v2/${NAME}/blobs/${blob.digest}`);
      expect([at, reply.status]).toEqual([at, statuses[at] === 201 ? 200 : 404]);
      if (reply.status === 200) expect(reply.body.equals(blob.bytes)).toBe(true);
    }
    disk.ballast(suite, 0);
    await root.pullImage(NAME, IMAGE, '1');
    expect(await root.tags(NAME)).toEqual(['1', '2', '3']);
    expect((await root.delete(`/v2/${NAME}/manifests/3`)).status).toBe(202);
    // A manifest is a row: it needs no room here.
    expect((await root.pushManifest(NAME, IMAGE, { reference: '3' })).status).toBe(201);
    expect((await root.pushBlob(NAME, aBlob(200_000, 'not one more'))).status).toBe(507);
    disk.ballast(suite, null);
    for (const [at, blob] of blobs.entries())
      if (statuses[at] !== 201) expect((await root.pushBlob(NAME, blob)).status).toBe(201);
  });

  it('an upload that met a full disk goes on from where it was, as soon as there is room', async () => {
    const { root, suite } = scene();
    const blob = aBlob(3 * MIB, 'goes on');
    const session = new UploadSession(root, await openUpload(root, NAME));
    expect((await session.chunk(blob.bytes.subarray(0, MIB))).status).toBe(202);
    disk.ballast(suite, MIB / 4);
    expect((await session.chunk(blob.bytes.subarray(MIB, 2 * MIB))).status).toBe(507);
    expect((await session.status()).header('range')).toBe(`0-${MIB - 1}`);
    disk.ballast(suite, null);
    expect((await session.chunk(blob.bytes.subarray(MIB, 2 * MIB))).status).toBe(202);
    expect((await session.end(blob.digest, blob.bytes.subarray(2 * MIB))).status).toBe(201);
    expect((await root.get(`/v2/${NAME}/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
  });

  it('cancelling an upload makes room by itself', async () => {
    const { root, suite } = scene();
    const session = new UploadSession(root, await openUpload(root, NAME));
    expect((await session.stream(aBlob(4 * MIB, 'cancelled').bytes)).status).toBe(202);
    disk.ballast(suite, MIB / 4);
    const blob = aBlob(2 * MIB, 'after the cancelled one');
    expect((await root.pushBlob(NAME, blob)).status).toBe(507);
    expect((await session.cancel()).status).toBe(204);
    for (const end = Date.now() + 30_000; disk.free(suite) < 3 * MIB && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect((await root.pushBlob(NAME, blob)).status).toBe(201);
    disk.ballast(suite, null);
  });
}
