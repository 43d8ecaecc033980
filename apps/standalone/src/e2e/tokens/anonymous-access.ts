import { beforeAll, expect, it } from '@jest/globals';
import { aBlob, aManifest, type RegistryClient, type TokenAnswer } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';

const IMAGE = aManifest({ layers: 2, seed: 'anonymous' });
const OPEN = 'open/shelf/hello';
const CLOSED = 'demo/apps/hello';

/** Public content needs no login, with or without an anonymous token; everything else stays closed. */
export function anonymousAccess(scene: () => Scene): void {
  const anonymous = (): RegistryClient => scene().root.as({ credentials: null });
  const withToken = async (...scopes: string[]): Promise<RegistryClient> => {
    const endpoint = await anonymous().tokenEndpoint();
    const { access_token } = (await endpoint.get(scopes, null)).json<TokenAnswer>();
    return anonymous().as({ login: { bearer: access_token } });
  };

  beforeAll(async () => {
    const { api, root } = scene();
    const registryId = await api.registry({ name: 'open', visibility: 'public' });
    await api.repository(registryId, { name: 'shelf' });
    await root.pushImage(OPEN, IMAGE, ['1']);
    await root.pushImage(CLOSED, IMAGE, ['1']);
  });

  it('pulls from a public registry without any header', () => anonymous().pullImage(OPEN, IMAGE, '1'));

  it('pulls from a public registry with an anonymous token', async () =>
    (await withToken(`repository:${OPEN}:pull`)).pullImage(OPEN, IMAGE, '1'));

  it('lists tags and referrers of a public registry', async () => {
    expect(await anonymous().tags(OPEN)).toEqual(['1']);
    expect((await anonymous().get(`/v2/${OPEN}/referrers/${IMAGE.digest}`)).status).toBe(200);
  });

  it('gives an anonymous token no right on private content', async () => {
    const client = await withToken(`repository:${CLOSED}:pull`);
    const reply = await client.get(`/v2/${CLOSED}/manifests/1`);
    expect([401, 403]).toContain(reply.status);
    expect((await anonymous().get(`/v2/${CLOSED}/manifests/1`)).status).toBe(401);
  });

  it.each([OPEN, CLOSED])('pushes and deletes nothing in %s', async (name) => {
    const blob = aBlob(10, 'anonymous push');
    for (const client of [anonymous(), await withToken(`repository:${name}:pull,push,delete`)]) {
      const refused = [
        await client.pushBlob(name, blob),
        await client.pushManifest(name, IMAGE, { reference: '2' }),
        await client.delete(`/v2/${name}/manifests/1`),
        await client.delete(`/v2/${name}/blobs/${IMAGE.blobs[0]?.digest}`),
        await client.post(`/v2/${name}/blobs/uploads/?mount=${IMAGE.blobs[0]?.digest}&from=${OPEN}`),
      ];
      for (const { status } of refused) expect([401, 403]).toContain(status);
    }
    await scene().root.pullImage(name, IMAGE, '1');
    expect(await scene().root.tags(name)).toEqual(['1']);
  });

  it('logs in with an anonymous token, and lists no catalog', async () => {
    const client = await withToken('registry:catalog:*');
    expect((await client.get('/v2/')).status).toBe(200);
    expect((await client.get('/v2/_catalog')).status).not.toBe(200);
  });

  it('uses no management route', async () => {
    const client = await withToken('registry:api:*');
    for (const path of ['registries', 'users', 'policies', 'access-keys', 'whoami']) {
      expect((await client.get(`/api/v1/${path}`)).status).toBe(401);
      expect((await anonymous().get(`/api/v1/${path}`)).status).toBe(401);
    }
  });

  it('lets who has no policy at all pull public content', async () => {
    const { api, root } = scene();
    const nobody = root.as({ credentials: await api.someone('public-nobody', []) });
    await nobody.pullImage(OPEN, IMAGE, '1');
    await nobody.as({ login: 'token' }).pullImage(OPEN, IMAGE, '1');
  });
}
