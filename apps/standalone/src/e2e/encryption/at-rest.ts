import { expect, it } from '@jest/globals';
import { aBlob, aManifest, BLOB_PUSHES } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import { isStoredInTheClear, storedFiles } from './stored-files.js';

/** What lies on the disk, and what comes back. */
export function atRest(scene: () => Scene): void {
  it.each(BLOB_PUSHES)('a blob pushed by %s comes back and is nowhere on the disk in the clear', async (how) => {
    const { root, suite } = scene();
    const name = `demo/apps/encrypted-${how}`;
    const blob = aBlob(2_500_000, `encrypted ${how}`);
    expect((await root.pushBlob(name, blob, how)).status).toBe(201);
    const pulled = await root.get(`/v2/${name}/blobs/${blob.digest}`);
    expect([pulled.status, pulled.body.equals(blob.bytes)]).toEqual([200, true]);
    const part = await root.get(`/v2/${name}/blobs/${blob.digest}`, { range: 'bytes=1048570-1048590' });
    expect([part.status, part.body.equals(blob.bytes.subarray(1_048_570, 1_048_591))]).toEqual([206, true]);
    expect(isStoredInTheClear(storedFiles(suite.dataDirectory), blob.bytes)).toBe(false);
  });

  it('a registry that its owner made without encryption is stored as it is, which proves that the search finds', async () => {
    const { api, root, suite } = scene();
    const reply = await root.json('POST', '/api/v1/registries', { name: 'clear', encryption: { enabled: false } });
    const registryId = reply.json<{ registryId: string }>().registryId;
    await api.repository(registryId, { name: 'apps' });
    const blob = aBlob(100_000, 'clear');
    expect((await root.pushBlob('clear/apps/a', blob)).status).toBe(201);
    expect((await root.get(`/v2/clear/apps/a/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
    expect(isStoredInTheClear(storedFiles(suite.dataDirectory), blob.bytes)).toBe(true);
  });

  it('images pull whole, mounts within the registry too', async () => {
    const { root } = scene();
    const image = aManifest({ seed: 'encrypted', layers: 3 });
    await root.pushImage('demo/apps/whole', image, ['1']);
    await root.pullImage('demo/apps/whole', image, '1');
    const digest = image.blobs[0]!.digest;
    const mounted = await root.post(`/v2/demo/charts/other/blobs/uploads/?mount=${digest}&from=demo/apps/whole`);
    expect(mounted.status).toBe(201);
    expect((await root.get(`/v2/demo/charts/other/blobs/${digest}`)).body.equals(image.blobs[0]!.bytes)).toBe(true);
  });
}
