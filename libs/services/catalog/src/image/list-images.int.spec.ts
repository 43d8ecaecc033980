import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aBlob, aManifest, pushBlob, pushImage } from '../testing/pushes.js';
import { putManifest } from '../manifest/put-manifest.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { listImages } from './list-images.js';

let catalog: ScratchCatalog;
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
  for (const image of ['b', 'a', 'a/x', 'c']) await pushImage(catalog, image);
  await pushBlob(catalog, 'unannounced', aBlob());
  await pushElsewhere(await catalog.makeRepository('apps-2'), 'd');
  const zoo = await catalog.makeRegistry('zoo', { visibility: 'public' });
  await pushElsewhere(await catalog.makeRepository('apps', { registryId: zoo }), 'lion', zoo);
  const other = await catalog.makeRegistry('private', { accountId: '000000000002' });
  await pushElsewhere(await catalog.makeRepository('apps', { registryId: other }), 'secret', other);
});
afterAll(() => catalog?.close());

async function pushElsewhere(repositoryId: string, image: string, registryId = catalog.registryId) {
  const own = { ...catalog, ports: catalog.ports, scope: () => ({ registryId, repositoryId, image, actor: 'EKSPEC' }) };
  const config = aBlob();
  await pushBlob(own as unknown as ScratchCatalog, image, config);
  const { body, contentType } = aManifest({ config });
  await putManifest(catalog.ports, { ...own.scope(), digest: null, tags: [], body, contentType });
}

const names = async (
  after: string | null,
  limit: number,
  registryId: string | null = null,
  accountId: string | null = null,
) => {
  const page = await listImages(catalog.ports, { registryId, accountId, after, limit });
  return [page.images.map((image) => `${image.pathSegment}/${image.repositoryName}/${image.imageName}`), page.more];
};
const ALL = ['demo/apps/a', 'demo/apps/a/x', 'demo/apps/b', 'demo/apps/c', 'demo/apps-2/d', 'zoo/apps/lion'];

describe('listing images', () => {
  it('gives those of the default account that have had a manifest, in order', async () => {
    expect(await names(null, 100)).toEqual([ALL, false]);
  });

  it('pages through registries and repositories, wherever the page before ended', async () => {
    for (let i = 0; i < ALL.length; i++) {
      expect(await names(ALL[i]!, 2)).toEqual([ALL.slice(i + 1, i + 3), ALL.length - i - 1 > 2]);
    }
  });

  it('begins after a name that is not there, or not whole', async () => {
    expect((await names('demo/apps/bb', 1))[0]).toEqual(['demo/apps/c']);
    expect((await names('e', 9))[0]).toEqual(['zoo/apps/lion']);
    expect((await names('demo', 1))[0]).toEqual(['demo/apps/a']);
  });

  it('of another account names its registries with their ids, and pages by those names', async () => {
    const [[first], more] = (await names(null, 1, null, '000000000002')) as [string[], boolean];
    expect(first).toMatch(/^private-[0-9a-f]{32}\/apps\/secret$/);
    expect(more).toBe(false);
    expect(await names(first!, 9, null, '000000000002')).toEqual([[], false]);
    expect(await names(first!.replace('secret', 'a'), 9, null, '000000000002')).toEqual([[first], false]);
  });

  it('of one registry stays inside it', async () => {
    expect(await names(null, 100, catalog.registryId)).toEqual([ALL.slice(0, 5), false]);
  });
});
