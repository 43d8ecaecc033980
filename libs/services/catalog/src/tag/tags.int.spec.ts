import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pushImage, put } from '../testing/pushes.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { deleteTag } from './delete-tag.js';
import { listTags } from './list-tags.js';

let catalog: ScratchCatalog;
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
});
afterAll(() => catalog?.close());

const list = async (image: string, limit: number, after: string | null = null) =>
  listTags(catalog.ports, { registryId: catalog.registryId, imageId: await catalog.imageId(image), limit, after });
const remove = (image: string, tag: string) => deleteTag(catalog.ports, { ...catalog.scope(image), tag });

describe('listing tags', () => {
  it('gives them in byte order, page by page', async () => {
    await pushImage(catalog, 'list', ['b', 'a', 'B', '_x', '1.10', '1.9']);
    expect(await list('list', 4)).toEqual({ tags: ['1.10', '1.9', 'B', '_x'], more: true });
    expect(await list('list', 4, '_x')).toEqual({ tags: ['a', 'b'], more: false });
    expect(await list('list', 2, 'a')).toEqual({ tags: ['b'], more: false });
  });

  it('gives nothing, and no next page, for n=0', async () => {
    expect(await list('list', 0)).toEqual({ tags: [], more: false });
  });

  it('says that there is no more when the page ends with the last one', async () => {
    expect(await list('list', 6)).toMatchObject({ more: false });
  });

  it('leaves out tags that moved away or ended', async () => {
    await pushImage(catalog, 'ends', ['keep', 'end']);
    await pushImage(catalog, 'ends', ['keep']);
    await remove('ends', 'end');
    expect((await list('ends', 10)).tags).toEqual(['keep']);
  });
});

describe('deleting a tag', () => {
  it('ends it with one fact and leaves the manifest; a second time is 404', async () => {
    const pushed = await pushImage(catalog, 'delete', ['1', '2']);
    await remove('delete', '1');
    const last = (await catalog.facts('delete')).at(-1);
    expect(last).toMatchObject({ type: 'tag.deleted', data: { tag: '1', digest: pushed.descriptor.digest } });
    await expect(remove('delete', '1')).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN', status: 404 });
    expect(await catalog.query(`SELECT tag_count FROM image WHERE name = 'delete'`)).toEqual([{ tag_count: 1 }]);
  });

  it('and setting it again begins a new range after the old one', async () => {
    const pushed = await pushImage(catalog, 'reborn', ['x']);
    await remove('reborn', 'x');
    await put(catalog, 'reborn', pushed, ['x']);
    const rows = await catalog.query<{ ok: boolean | null }>(
      `SELECT valid_from >= lag(valid_to) OVER (ORDER BY valid_from) AS ok FROM tag t
       JOIN image i USING (registry_id, image_id) WHERE i.name = 'reborn' ORDER BY valid_from`,
    );
    expect(rows).toEqual([{ ok: null }, { ok: true }]);
  });

  it('is refused while a lock covers it', async () => {
    await pushImage(catalog, 'lock', ['1']);
    await catalog.query(`UPDATE image SET locked = true WHERE name = 'lock'`);
    await expect(remove('lock', '1')).rejects.toMatchObject({ code: 'DENIED', status: 403 });
    expect((await list('lock', 1)).tags).toEqual(['1']);
  });

  it('never makes ranges overlap when the clock stands still', async () => {
    const one = await pushImage(catalog, 'clock');
    const two = await pushImage(catalog, 'clock');
    for (let i = 0; i < 20; i++) await put(catalog, 'clock', i % 2 ? one : two, ['t']);
    const [row] = await catalog.query<{ inverted: string; open: string }>(
      `SELECT count(*) FILTER (WHERE valid_to <= valid_from) AS inverted, count(*) FILTER (WHERE valid_to IS NULL) AS open
       FROM tag t JOIN image i USING (registry_id, image_id) WHERE i.name = 'clock'`,
    );
    expect(row).toEqual({ inverted: '0', open: '1' });
  });
});
