import { beforeAll, describe, expect, it } from '@jest/globals';
import { aBlob, AdminApi, aManifest, locationOf, openUpload, type RegistryClient } from '@entrepot/testing';
import { anAccount } from '../support/account.js';
import { PRIVATE_DOMAIN, type Scene } from '../support/scene.js';

const IMAGE = aManifest({ layers: 1, seed: 'second account' });

interface Tenant {
  accountId: string;
  /** Its root. */
  client: RegistryClient;
  api: AdminApi;
  puller: RegistryClient;
  registryId: string;
  /** Path-style name of its registry `demo`: the default account has one of that name too. */
  registry: string;
}

/** What an account has of its own works as in the default one, and neither reaches into the other. */
export function secondAccount(scene: () => Scene): void {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await aTenant(scene(), 'tenant');
    await tenant.client.pushImage(`${tenant.registry}/apps/hello`, IMAGE, ['1']);
    await scene().root.pushImage('demo/apps/only-here', IMAGE, ['1']);
  });

  describe('has registries of its own', () => {
    it('which are pushed to and pulled from under their names with ids, with Basic and with tokens', async () => {
      const name = `${tenant.registry}/apps/hello`;
      await tenant.puller.pullImage(name, IMAGE, '1');
      await tenant.puller.as({ login: 'token' }).pullImage(name, IMAGE, '1');
      await tenant.client.as({ login: 'token' }).pushImage(`${tenant.registry}/apps/by-token`, IMAGE, ['1']);
      const refused = await tenant.puller.as({ login: 'token' }).delete(`/v2/${name}/manifests/1`);
      expect([refused.status, refused.code]).toEqual([403, 'DENIED']);
    });

    it('which have hosts of their own', async () => {
      const host = `${tenant.registry}.${PRIVATE_DOMAIN}`;
      await tenant.puller.as({ login: 'token', host }).pullImage('apps/hello', IMAGE, '1');
      expect((await scene().root.as({ host }).get('/v2/apps/hello/manifests/1')).status).toBe(404);
    });

    it('which are told with the name that leads to them', async () => {
      const { hosts } = await tenant.api.call<{ hosts: { path: string } }>(
        'GET',
        `/api/v1/registries/${tenant.registryId}`,
      );
      expect(hosts.path).toBe(tenant.registry);
      const repositoryId = await tenant.api.repositoryId(tenant.registryId, 'apps');
      const path = `/api/v1/registries/${tenant.registryId}/repositories/${repositoryId}/images?name=hello`;
      const { items } = await tenant.api.call<{ items: { fullName: string }[] }>('GET', path);
      expect(items.map(({ fullName }) => fullName)).toEqual([`${tenant.registry}/apps/hello`]);
    });

    it('while a bare name means the default account, for everybody', async () => {
      expect(await scene().root.tags('demo/apps/only-here')).toEqual(['1']);
      expect((await scene().root.get('/v2/demo/apps/hello/manifests/1')).status).toBe(404);
      const bare = await tenant.client.get('/v2/demo/apps/hello/manifests/1');
      expect([bare.status, bare.code]).toEqual([404, 'NAME_UNKNOWN']);
      const byId = await tenant.client.get(`/v2/demo-${scene().registryId}/apps/only-here/manifests/1`);
      expect([byId.status, byId.code]).toEqual([404, 'NAME_UNKNOWN']);
    });

    it('whose images it alone finds in the catalog, page by page', async () => {
      const listed = async (client: RegistryClient, query = '') =>
        (await client.get(`/v2/_catalog${query}`)).json<{ repositories: string[] }>().repositories;
      const own = ['by-token', 'hello'].map((image) => `${tenant.registry}/apps/${image}`);
      expect(await listed(tenant.client)).toEqual(own);
      expect(await listed(tenant.puller, '?n=1')).toEqual([own[0]]);
      expect(await listed(tenant.puller, `?n=1&last=${own[0]}`)).toEqual([own[1]]);
      const ofDefault = await listed(scene().root, '?n=1000');
      expect(ofDefault).toContain('demo/apps/only-here');
      expect(ofDefault.filter((name) => name.includes(tenant.registryId))).toEqual([]);
      const host = `${tenant.registry}.${PRIVATE_DOMAIN}`;
      expect(await listed(tenant.client.as({ host }))).toEqual(['apps/by-token', 'apps/hello']);
      expect(await listed(scene().root.as({ host }))).toEqual([]);
    });
  });

  describe('is kept apart', () => {
    it('a token is good for what its account may, wherever else it is shown', async () => {
      const { root } = scene();
      const name = 'demo/apps/only-here';
      const bearer = await tenant.client.token(
        `repository:${name}:pull,push,delete`,
        'registry:catalog:*',
        'registry:api:*',
      );
      const claims = JSON.parse(Buffer.from(bearer.split('.')[1] ?? '', 'base64url').toString()) as {
        access: { name: string; actions: string[] }[];
      };
      expect(claims.access.find((entry) => entry.name === name)?.actions).toEqual([]);
      const shown = tenant.client.as({ login: { bearer } });
      expect((await shown.get(`/v2/${name}/manifests/1`)).status).toBe(404);
      expect((await shown.get(`/api/v1/registries/${scene().registryId}`)).status).toBe(404);
      expect((await shown.get('/api/v1/whoami')).json<{ accountId: string }>().accountId).toBe(tenant.accountId);
      const ours = await root.token(`repository:${tenant.registry}/apps/hello:pull`);
      expect(
        (await root.as({ login: { bearer: ours } }).get(`/v2/${tenant.registry}/apps/hello/manifests/1`)).status,
      ).toBe(404);
    });

    it('the operator, too, cannot look into it', async () => {
      const { root } = scene();
      expect((await root.get(`/v2/${tenant.registry}/apps/hello/manifests/1`)).status).toBe(404);
      expect((await root.get(`/api/v1/registries/${tenant.registryId}`)).status).toBe(404);
      expect((await root.get(`/api/v1/registries/${tenant.registryId}/repositories`)).status).toBe(404);
    });

    it('a blob is mounted from no registry of another account', async () => {
      const blob = aBlob(64, 'cross-account');
      await scene().root.pushBlob('demo/apps/only-here', blob);
      for (const from of ['&from=demo/apps/only-here', `&from=demo-${scene().registryId}/apps/only-here`, '']) {
        const target = `${tenant.registry}/apps/hello`;
        const reply = await tenant.client.post(`/v2/${target}/blobs/uploads/?mount=${blob.digest}${from}`);
        expect(reply.status).toBe(202);
        expect((await tenant.client.head(`/v2/${target}/blobs/${blob.digest}`)).status).toBe(404);
      }
    });

    it('an upload of another account is not there, by its own address or under one’s own name', async () => {
      const { root } = scene();
      const location = locationOf(await openUpload(root, 'demo/apps/only-here'));
      const own = location.replace('demo/apps/only-here', `${tenant.registry}/apps/hello`);
      for (const path of [location, own]) {
        for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
          expect([method, (await tenant.client.request({ method, path })).status]).toEqual([method, 404]);
        }
      }
      expect((await root.get(location)).status).toBe(204);
    });

    it('public content of one is pulled by keys of another, and no more than that', async () => {
      const { root } = scene();
      await tenant.api.registry({ name: 'open', visibility: 'public' });
      const registryId = await tenant.api.registryId('open');
      await tenant.api.repository(registryId, { name: 'apps' });
      const name = `open-${registryId}/apps/hello`;
      await tenant.client.pushImage(name, IMAGE, ['1']);
      await root.pullImage(name, IMAGE, '1');
      expect((await root.delete(`/v2/${name}/manifests/1`)).status).toBe(403);
      expect((await root.post(`/v2/${name}/blobs/uploads/`)).status).toBe(403);
      expect((await root.get(`/api/v1/registries/${registryId}`)).status).toBe(404);
    });

    it('a disabled account is shut out within a second, and comes back', async () => {
      const { api } = scene();
      const { accountId, client, registry } = await aTenant(scene(), 'suspended');
      const name = `${registry}/apps/hello`;
      await client.pushImage(name, IMAGE, ['1']);
      const bearer = await client.token(`repository:${name}:pull`);
      const seen = async () => [
        (await client.get(`/v2/${name}/manifests/1`)).status,
        (await client.as({ login: { bearer } }).get(`/v2/${name}/manifests/1`)).status,
      ];
      expect(await seen()).toEqual([200, 200]);
      await api.call('PATCH', `/api/v1/accounts/${accountId}`, { enabled: false });
      await eventually(seen, [401, 401]);
      await api.call('PATCH', `/api/v1/accounts/${accountId}`, { enabled: true });
      await eventually(seen, [200, 200]);
    });
  });
}

async function aTenant({ api, root }: Scene, name: string): Promise<Tenant> {
  const { accountId, client } = await anAccount({ api, root }, name);
  const own = new AdminApi(client);
  const registryId = await own.registry({ name: 'demo' });
  await own.repository(registryId, { name: 'apps' });
  const puller = root.as({ credentials: await own.someone('puller', ['ScrPullOnlyAccess']) });
  return { accountId, client, api: own, puller, registryId, registry: `demo-${registryId}` };
}

/** A second is the promise; the rest is what a busy machine may take. */
async function eventually(read: () => Promise<unknown>, wanted: unknown): Promise<void> {
  const end = Date.now() + 5_000;
  let seen = await read();
  while (JSON.stringify(seen) !== JSON.stringify(wanted) && Date.now() < end) seen = await read();
  expect(seen).toEqual(wanted);
}
