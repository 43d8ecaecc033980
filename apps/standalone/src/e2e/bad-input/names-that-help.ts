import { expect, it } from '@jest/globals';
import { aBlob, aManifest } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import { changesNothing } from '../support/unchanged.js';

/** Names that people try first. The answer says what to write, or what to do before. */
export function namesThatHelp(scene: () => Scene): void {
  const ways = (name: string) => [
    () => scene().root.post(`/v2/${name}/blobs/uploads/`),
    () => scene().root.pushManifest(name, aManifest({ seed: name }), { reference: '1' }),
    () => scene().root.get(`/v2/${name}/manifests/latest`),
    () => scene().root.get(`/v2/${name}/tags/list`),
  ];

  it.each([
    ['busybox', ['<registry>/<repository>/<image>', 'demo/apps/busybox']],
    ['apps/busybox', ['<registry>/<repository>/<image>', 'demo/apps/busybox']],
    ['demo/never/busybox', ['"never"', 'POST /api/v1/registries/', '/repositories']],
    ['never/apps/busybox', ['"never"', 'POST /api/v1/registries']],
  ])('%s is answered with what to do', async (name, said) => {
    for (const act of ways(name)) {
      const reply = await changesNothing(scene().root, act);
      expect([reply.status, reply.code]).toEqual([404, 'NAME_UNKNOWN']);
      for (const words of said) expect(reply.message).toContain(words);
    }
  });

  it('one part on a registry’s own host is answered with what to write there', async () => {
    const { root, registryId } = scene();
    const client = root.as({ host: `demo-${registryId}.registry.test` });
    const reply = await client.post('/v2/busybox/blobs/uploads/');
    expect([reply.status, reply.code]).toEqual([404, 'NAME_UNKNOWN']);
    expect(reply.message).toContain('<repository>/<image>');
  });

  it.each(['demo/apps/Upper', 'demo/a/short-repository', 'demo/-apps/x', 'd/apps/x', 'demo/ap_ps/x'])(
    '%s is no name',
    async (name) => {
      const reply = await scene().root.post(`/v2/${name}/blobs/uploads/`);
      expect([reply.status, reply.code]).toEqual([400, 'NAME_INVALID']);
      expect(reply.message.length).toBeGreaterThan(20);
    },
  );

  it('the first push makes the image', async () => {
    const { root } = scene();
    const name = 'demo/apps/first/push';
    expect((await root.get(`/v2/${name}/tags/list`)).code).toBe('NAME_UNKNOWN');
    await root.pushImage(name, aManifest({ seed: 'first push' }), ['1']);
    expect(await root.tags(name)).toEqual(['1']);
  });

  it('what was pushed and refused is not left in the catalog', async () => {
    const { root } = scene();
    const { bytes } = aBlob(10, 'refused');
    const name = 'demo/apps/refused';
    const wrong = `sha256:${'0'.repeat(64)}`;
    expect((await root.post(`/v2/${name}/blobs/uploads/?digest=${wrong}`, bytes)).status).toBe(400);
    const { repositories } = (await root.get('/v2/_catalog?n=1000')).json<{ repositories: string[] }>();
    expect(repositories).not.toContain(name);
  });

  it.each(['0', '1', '1000', '9'.repeat(15), '9'.repeat(400)])('n=%s never costs more than a page', async (n) => {
    for (const path of ['/v2/demo/apps/here/tags/list', '/v2/_catalog']) {
      const reply = await scene().root.get(`${path}?n=${n}`);
      expect(reply.status).toBe(200);
      expect(reply.header('link') ?? '').not.toContain(n.length > 10 ? n : 'never');
    }
  });
}
