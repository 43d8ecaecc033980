import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lookup } from '../lookup/lookup.js';
import { aBlob, pushBlob, pushImage } from '../testing/pushes.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { blobSources } from './blob-sources.js';
import { deleteBlob } from './delete-blob.js';
import { mountBlob } from './mount-blob.js';

let catalog: ScratchCatalog;
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
});
afterAll(() => catalog?.close());

async function found(image: string, digest: string): Promise<boolean> {
  const { answers } = await lookup(catalog.ports, {
    questions: [
      {
        kind: 'blob',
        registryId: catalog.registryId,
        registryName: null,
        repository: 'apps',
        image,
        tag: null,
        digest,
      },
    ],
  });
  return answers[0]!.blob !== null;
}
const mount = (
  image: string,
  digest: string,
  sourceImage: string | null,
  sourceRepositoryIds = [catalog.repositoryId],
) => mountBlob(catalog.ports, { ...catalog.scope(image), digest, sourceRepositoryIds, sourceImage });
const remove = (image: string, digest: string) => deleteBlob(catalog.ports, { ...catalog.scope(image), digest });

describe('mounting a blob', () => {
  it('links it when the source image holds it', async () => {
    const { digest, ...rest } = aBlob();
    await pushBlob(catalog, 'source', { digest, ...rest });
    expect(await mount('target', digest, 'source')).toEqual({ mounted: true });
    expect(await found('target', digest)).toBe(true);
  });

  it('without a source image takes any image of the source repositories', async () => {
    const blob = aBlob();
    await pushBlob(catalog, 'anywhere', blob);
    expect(await mount('target-any', blob.digest, null)).toEqual({ mounted: true });
  });

  it('is false, and makes no image, when no source holds it', async () => {
    const blob = aBlob();
    await pushBlob(catalog, 'holder', blob);
    expect(await mount('nothing', blob.digest, 'other')).toEqual({ mounted: false });
    expect(await mount('nothing', blob.digest, null, [])).toEqual({ mounted: false });
    expect(await mount('nothing', aBlob().digest, null)).toEqual({ mounted: false });
    await expect(catalog.imageId('nothing')).rejects.toThrow('no image');
  });

  it('never crosses registries', async () => {
    const registryId = await catalog.makeRegistry('other');
    const repositoryId = await catalog.makeRepository('theirs', { registryId });
    const blob = aBlob();
    await pushBlob(catalog, 'here', blob);
    const scope = { registryId, repositoryId, image: 'there', actor: 'EKSPEC', digest: blob.digest };
    const sources = { sourceRepositoryIds: [catalog.repositoryId], sourceImage: 'here' };
    expect(await mountBlob(catalog.ports, { ...scope, ...sources })).toEqual({ mounted: false });
  });
});

describe('the sources of a blob', () => {
  it('are the repositories that hold it, public ones apart', async () => {
    const blob = aBlob();
    await pushBlob(catalog, 'private', blob);
    const open = await catalog.makeRepository('open', { visibility: 'public' });
    await mountBlob(catalog.ports, {
      ...catalog.scope('copy'),
      repositoryId: open,
      digest: blob.digest,
      sourceRepositoryIds: [catalog.repositoryId],
      sourceImage: null,
    });
    const sources = (digest: string) => blobSources(catalog.ports, { registryId: catalog.registryId, digest });
    expect(await sources(blob.digest)).toEqual({
      publicRepositoryIds: [open],
      privateRepositoryIds: [catalog.repositoryId],
    });
    expect(await sources(aBlob().digest)).toEqual({ publicRepositoryIds: [], privateRepositoryIds: [] });
  });
});

describe('deleting a blob', () => {
  it('takes it from this image at once and from no other', async () => {
    const blob = aBlob();
    await pushBlob(catalog, 'one', blob);
    await pushBlob(catalog, 'two', blob);
    await remove('one', blob.digest);
    expect([await found('one', blob.digest), await found('two', blob.digest)]).toEqual([false, true]);
    await expect(remove('one', blob.digest)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN', status: 404 });
  });

  it('that a live manifest of the image needs is refused with 405, naming it', async () => {
    const { layers, descriptor } = await pushImage(catalog, 'needs');
    await expect(remove('needs', layers[0]!.digest)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      status: 405,
      message: expect.stringContaining(descriptor.digest),
    });
    expect(await found('needs', layers[0]!.digest)).toBe(true);
  });

  it('is refused while the image is locked', async () => {
    const blob = aBlob();
    await pushBlob(catalog, 'locked', blob);
    await catalog.query(`UPDATE image SET locked = true WHERE name = 'locked'`);
    await expect(remove('locked', blob.digest)).rejects.toMatchObject({ code: 'DENIED', status: 403 });
  });

  it('and pushing it at once again leaves it there, in whatever order they come', async () => {
    for (let round = 0; round < 10; round++) {
      const blob = aBlob();
      await pushBlob(catalog, 'flip', blob);
      await Promise.allSettled([remove('flip', blob.digest), pushBlob(catalog, 'flip', blob)]);
      await pushBlob(catalog, 'flip', blob);
      expect(await found('flip', blob.digest)).toBe(true);
    }
  });
});
