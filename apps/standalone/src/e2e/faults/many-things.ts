import { expect, it } from '@jest/globals';
import { anIndex, aManifest, contentOf, MEDIA_TYPES, type RawReply, type SyntheticManifest } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';

/** Sizes that an image may grow to: nothing may walk a list that grows with it. */
export function manyThings(scene: () => Scene): void {
  it('one image has 1,000 tags, the next is refused with the numbers, and with the quota raised 10,000', async () => {
    const { root, api, registryId } = scene();
    const name = 'demo/apps/many-tags';
    const manifest = aManifest({ layers: 0, seed: 'many tags' });
    await root.pushImage(name, manifest, []);
    const push = (from: number, to: number): Promise<RawReply> =>
      root.pushManifest(name, manifest, { tags: Array.from({ length: to - from }, (_, at) => `t${from + at}`) });
    for (let from = 0; from < 1000; from += 100) expect((await push(from, from + 100)).status).toBe(201);
    const refused = await push(1000, 1001);
    expect([refused.status, refused.code]).toEqual([403, 'DENIED']);
    expect(refused.message).toContain('1000');
    await api.call('PATCH', `/api/v1/registries/${registryId}`, { limits: { tags: 10_000 } });
    for (let from = 1000; from < 10_000; from += 100) expect((await push(from, from + 100)).status).toBe(201);
    const found: string[] = [];
    for (let last = ''; ; last = found.at(-1) ?? '') {
      const page = await root.tags(name, `?n=1000&last=${last}`);
      found.push(...page);
      if (page.length < 1000) break;
    }
    expect(found).toEqual(Array.from({ length: 10_000 }, (_, at) => `t${at}`).sort());
    expect((await root.delete(`/v2/${name}/manifests/${manifest.digest}`)).status).toBe(202);
    expect(await root.tags(name)).toEqual([]);
  });

  it('one index has 1,000 children', async () => {
    const { root } = scene();
    const name = 'demo/apps/many-children';
    const config = contentOf('{}', { mediaType: MEDIA_TYPES.empty });
    const children = Array.from({ length: 1000 }, (_, at) =>
      aManifest({ layers: 0, config, artifactType: 'application/vnd.example.child', annotations: { at: String(at) } }),
    );
    await root.pushBlob(name, config);
    await inBatches(children, 20, (child) => root.pushManifest(name, child));
    const index = anIndex({ manifests: children });
    expect((await root.pushManifest(name, index, { reference: 'all' })).status).toBe(201);
    const pulled = await root.get(`/v2/${name}/manifests/all`);
    expect(pulled.body.equals(index.bytes)).toBe(true);
    const [child] = children as [SyntheticManifest];
    expect((await root.delete(`/v2/${name}/manifests/${child.digest}`)).status).toBe(405);
    expect((await root.delete(`/v2/${name}/manifests/${index.digest}`)).status).toBe(202);
    expect((await root.delete(`/v2/${name}/manifests/${child.digest}`)).status).toBe(202);
  });
}

async function inBatches<T>(items: readonly T[], size: number, act: (item: T) => Promise<RawReply>): Promise<void> {
  for (let from = 0; from < items.length; from += size) {
    const replies = await Promise.all(items.slice(from, from + size).map(act));
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 201));
  }
}
