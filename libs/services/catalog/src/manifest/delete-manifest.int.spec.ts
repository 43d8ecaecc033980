import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listTags } from '../tag/list-tags.js';
import { aBlob, anIndex, pushImage, put } from '../testing/pushes.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { deleteManifest } from './delete-manifest.js';
import { manifestBody } from './manifest-body.js';

let catalog: ScratchCatalog;
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
});
afterAll(() => catalog?.close());

const remove = (image: string, digest: string) => deleteManifest(catalog.ports, { ...catalog.scope(image), digest });
const body = async (image: string, digest: string) =>
  manifestBody(catalog.ports, { registryId: catalog.registryId, imageId: await catalog.imageId(image), digest });
const tags = async (image: string) =>
  (
    await listTags(catalog.ports, {
      ...catalog.scope(image),
      imageId: await catalog.imageId(image),
      limit: 10,
      after: null,
    })
  ).tags;

describe('deleting a manifest', () => {
  it('ends it and every tag on it at once, with their facts, and leaves the image', async () => {
    const gone = await pushImage(catalog, 'ended', ['a', 'b']);
    await pushImage(catalog, 'ended', ['c']);
    const before = (await catalog.facts('ended')).length;
    await remove('ended', gone.descriptor.digest);
    await expect(body('ended', gone.descriptor.digest)).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' });
    expect(await tags('ended')).toEqual(['c']);
    const facts = (await catalog.facts('ended')).slice(before);
    expect(facts.map((fact) => fact.type)).toEqual(['tag.deleted', 'tag.deleted', 'manifest.deleted']);
    expect(facts[2]!.data).toMatchObject({ digest: gone.descriptor.digest, tags: ['a', 'b'] });
    expect(await catalog.query(`SELECT tag_count FROM image WHERE name = 'ended'`)).toEqual([{ tag_count: 1 }]);
  });

  it('keeps the history of its tags, and who ended them', async () => {
    const gone = await pushImage(catalog, 'history', ['v1']);
    await deleteManifest(catalog.ports, { ...catalog.scope('history', 'EKOTHER'), digest: gone.descriptor.digest });
    const rows = await catalog.query(
      `SELECT set_by, ended_by, valid_to > valid_from AS ended FROM tag t JOIN image i USING (registry_id, image_id) WHERE i.name = 'history'`,
    );
    expect(rows).toEqual([{ set_by: 'EKSPEC', ended_by: 'EKOTHER', ended: true }]);
  });

  it('a second time is 404, and the same bytes can be pushed again', async () => {
    const pushed = await pushImage(catalog, 'back', ['1']);
    await remove('back', pushed.descriptor.digest);
    await expect(remove('back', pushed.descriptor.digest)).rejects.toMatchObject({ status: 404 });
    await put(catalog, 'back', pushed, ['1']);
    expect((await body('back', pushed.descriptor.digest)).body).toBe(pushed.body);
  });

  it('that a live index needs is refused with 405, naming the index, until that is gone', async () => {
    const child = await pushImage(catalog, 'needed');
    const index = anIndex([child.descriptor]);
    await put(catalog, 'needed', index, ['all']);
    const refused = remove('needed', child.descriptor.digest);
    await expect(refused).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      status: 405,
      message: expect.stringContaining(index.descriptor.digest),
    });
    await remove('needed', index.descriptor.digest);
    await remove('needed', child.descriptor.digest);
  });

  it('is refused while the repository, the image or the digest is locked', async () => {
    const { descriptor } = await pushImage(catalog, 'locked');
    for (const table of ['repository', 'image', 'manifest']) {
      await catalog.query(`UPDATE ${table} SET locked = true`);
      await expect(remove('locked', descriptor.digest)).rejects.toMatchObject({ code: 'DENIED', status: 403 });
      await catalog.query(`UPDATE ${table} SET locked = false`);
    }
    await remove('locked', descriptor.digest);
  });

  it('of an unknown image is NAME_UNKNOWN, of an unknown digest MANIFEST_UNKNOWN, of nonsense DIGEST_INVALID', async () => {
    await pushImage(catalog, 'known');
    await expect(remove('unknown', aBlob().digest)).rejects.toMatchObject({ code: 'NAME_UNKNOWN' });
    await expect(remove('known', aBlob().digest)).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' });
    await expect(remove('known', 'sha256:xyz')).rejects.toMatchObject({ code: 'DIGEST_INVALID', status: 400 });
  });

  it('by many at once succeeds for one of them', async () => {
    const { descriptor } = await pushImage(catalog, 'once', ['1']);
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => remove('once', descriptor.digest)));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect((await catalog.facts('once')).filter((fact) => fact.type === 'manifest.deleted')).toHaveLength(1);
  });
});
