import { beforeAll, expect, it } from '@jest/globals';
import { aBlob, aManifest } from '@entrepot/testing';
import { PRIVATE_DOMAIN } from '../support/scene.js';
import { eventually, isAmong, objectsOf, type Stage } from './stage.js';

/** A registry without encryption: clients fetch its blobs from the store by themselves. */
export function directDownloads(stage: () => Stage): void {
  let registryId = '';
  let repositoryId = '';

  beforeAll(async () => {
    const { root, api } = stage();
    const reply = await root.json('POST', '/api/v1/registries', { name: 'plain', encryption: { enabled: false } });
    expect([reply.status, reply.json<{ state: string }>().state]).toEqual([201, 'Running']);
    ({ registryId } = reply.json<{ registryId: string }>());
    repositoryId = await api.repository(registryId, { name: 'apps' });
  });

  it('a GET of a whole blob is sent to the store, which gives exactly its bytes without a login', async () => {
    const { root, server } = stage();
    const blob = aBlob(11_000_000, 'direct');
    expect((await root.pushBlob('plain/apps/direct', blob)).status).toBe(201);
    expect(isAmong(await objectsOf(stage(), registryId), blob.bytes)).toBe(true);
    const reply = await root.get(`/v2/plain/apps/direct/blobs/${blob.digest}`);
    expect([reply.status, reply.header('cache-control'), reply.body.length]).toEqual([307, 'no-store', 0]);
    const url = reply.header('location') ?? '';
    expect(url.startsWith(`${server.endpoint}/`)).toBe(true);
    const fetched = await fetch(url);
    expect(fetched.status).toBe(200);
    expect(fetched.headers.get('content-type')).toBe('application/octet-stream');
    expect(fetched.headers.get('content-disposition')).toMatch(/^attachment; /);
    expect(Buffer.from(await fetched.arrayBuffer()).equals(blob.bytes)).toBe(true);
  });

  it('HEAD, ranges, hosts for which it is off, and registries that are encrypted are answered by the gateway', async () => {
    const { root } = stage();
    const blob = aBlob(300_000, 'not direct');
    expect((await root.pushBlob('plain/apps/here', blob)).status).toBe(201);
    const path = `/v2/plain/apps/here/blobs/${blob.digest}`;
    expect((await root.head(path)).status).toBe(200);
    const part = await root.get(path, { range: 'bytes=10-19' });
    expect([part.status, part.body.equals(blob.bytes.subarray(10, 20))]).toEqual([206, true]);
    const host = { host: `plain-${registryId}.${PRIVATE_DOMAIN}` };
    const privately = await root.get(`/v2/apps/here/blobs/${blob.digest}`, host);
    expect([privately.status, privately.body.equals(blob.bytes)]).toEqual([200, true]);
    expect((await root.pushBlob('demo/apps/here', blob)).status).toBe(201);
    expect((await root.get(`/v2/demo/apps/here/blobs/${blob.digest}`)).status).toBe(200);
  });

  it('nobody gets a URL who may not pull', async () => {
    const { root } = stage();
    const blob = aBlob(1_000, 'private');
    expect((await root.pushBlob('plain/apps/private', blob)).status).toBe(201);
    const anonymous = root.as({ credentials: null });
    const reply = await anonymous.get(`/v2/plain/apps/private/blobs/${blob.digest}`);
    expect([reply.status, reply.header('location')]).toEqual([401, undefined]);
  });

  it('a pull is counted once, although its layers come from the store', async () => {
    const { root } = stage();
    const image = aManifest({ seed: 'counted', layers: 2 });
    await root.pushImage('plain/apps/counted', image, ['1']);
    expect((await root.get('/v2/plain/apps/counted/manifests/1')).status).toBe(200);
    for (const { digest, bytes } of image.blobs) {
      const { location } = (await root.get(`/v2/plain/apps/counted/blobs/${digest}`)).headers;
      expect(Buffer.from(await (await fetch(String(location))).arrayBuffer()).equals(bytes)).toBe(true);
    }
    const counts = async () => {
      const page = await root.get(`/api/v1/registries/${registryId}/repositories/${repositoryId}/images`);
      const { items } = page.json<{ items: { name: string; pullCount: number }[] }>();
      return items.find(({ name }) => name === 'counted')?.pullCount;
    };
    expect(await eventually(counts, (count) => count === 1)).toBe(1);
  });
}
