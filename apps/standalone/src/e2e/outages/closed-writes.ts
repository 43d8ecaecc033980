import { afterEach, expect, it } from '@jest/globals';
import { aBlob, aManifest, openUpload, type RegistryClient } from '@entrepot/testing';
import { rootClient, type Scene } from '../support/scene.js';

const NAME = 'demo/apps/closed';
const IMAGE = aManifest({ seed: 'closed' });

/** The free-disk mark, the read-only mode and the largest blob: settings that must be honoured on every path. */
export function closedWrites(scene: () => Scene): void {
  const clients: RegistryClient[] = [];
  const restarted = async (env: Record<string, string>): Promise<RegistryClient> => {
    await scene().suite.restart(env);
    const root = rootClient(scene().suite);
    clients.push(root);
    return root;
  };
  afterEach(() => clients.splice(0).forEach((client) => client.close()));

  const writes = async (root: RegistryClient) => {
    const blob = aBlob(100, 'closed write');
    return [
      await openUpload(root, NAME),
      await root.pushBlob(NAME, blob, 'single-post'),
      await root.post(`/v2/${NAME}/blobs/uploads/?mount=${IMAGE.blobs[0]?.digest}`),
      await root.pushManifest(NAME, IMAGE, { reference: 'new' }),
      await root.pushManifest(NAME, IMAGE, { tags: ['newer'] }),
    ];
  };

  it('below the free-disk mark pushes are refused with 507 and the numbers; pulls and deletes go on', async () => {
    const before = rootClient(scene().suite);
    clients.push(before);
    await before.pushImage(NAME, IMAGE, ['1', '2']);
    const root = await restarted({ ENTREPOT_MIN_FREE_BYTES: String(Number.MAX_SAFE_INTEGER) });
    for (const reply of await writes(root)) {
      expect(reply.status).toBe(507);
      expect(reply.message).toContain(String(Number.MAX_SAFE_INTEGER));
    }
    await root.pullImage(NAME, IMAGE, '1');
    expect(await root.tags(NAME)).toEqual(['1', '2']);
    expect((await root.delete(`/v2/${NAME}/manifests/2`)).status).toBe(202);
  }, 60_000);

  it('in read-only mode nothing is written by any verb, and pulls go on', async () => {
    const root = await restarted({ ENTREPOT_READ_ONLY: 'true' });
    const refused = [
      ...(await writes(root)),
      await root.delete(`/v2/${NAME}/manifests/1`),
      await root.delete(`/v2/${NAME}/manifests/${IMAGE.digest}`),
      await root.delete(`/v2/${NAME}/blobs/${IMAGE.blobs[0]?.digest}`),
    ];
    for (const reply of refused) expect([reply.status, reply.code]).toEqual([405, 'UNSUPPORTED']);
    await root.pullImage(NAME, IMAGE, '1');
    expect(await root.tags(NAME)).toEqual(['1']);
  }, 60_000);

  it('a blob beyond the largest allowed is refused with 413, announced or not', async () => {
    const root = await restarted({ ENTREPOT_MAX_BLOB_BYTES: String(1024 * 1024) });
    const large = aBlob(1024 * 1024 + 1, 'too large');
    for (const how of ['single-post', 'post-put', 'stream', 'stream-of-unknown-length', 'chunks'] as const) {
      const reply = await root.pushBlob(NAME, large, how);
      expect([how, reply.status, reply.code]).toEqual([how, 413, 'SIZE_INVALID']);
      expect((await root.get(`/v2/${NAME}/blobs/${large.digest}`)).status).toBe(404);
    }
    expect((await root.pushBlob(NAME, aBlob(1024 * 1024, 'just right'))).status).toBe(201);
  }, 60_000);
}
