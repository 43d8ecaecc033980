import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pushImage, put } from '../testing/pushes.js';
import { RestCatalog } from '../testing/rest-catalog.js';

let rest: RestCatalog;

beforeAll(async () => {
  rest = await RestCatalog.start();
});
afterAll(() => rest?.close());

/** An image with two digests; the tag `1` is on the first. */
async function anImage(name: string) {
  const first = await pushImage(rest.catalog, name, ['1']);
  const second = await pushImage(rest.catalog, name);
  const { registryId, repositoryId } = rest.catalog;
  const imageId = await rest.catalog.imageId(name);
  const tags = `/${registryId}/repositories/${repositoryId}/images/${imageId}/tags`;
  return { first, second, tags, a: first.descriptor.digest, b: second.descriptor.digest };
}

const typesOf = async (image: string, last: number) =>
  (await rest.catalog.facts(image)).slice(-last).map(({ type }) => type);

describe('PUT tags/:tag', () => {
  it('is refused to who may not create tags, and moving one to who may only create', async () => {
    const { tags, b } = await anImage('rights');
    const as = rest.someone('viewer', [{ actions: ['scr:List*', 'scr:Show*'] }]);
    expect((await rest.send('PUT', `${tags}/2`, { as, body: { digest: b } })).status).toBe(403);
    const creator = rest.someone('creator', [{ actions: ['scr:CreateTag'] }]);
    expect((await rest.send('PUT', `${tags}/2`, { as: creator, body: { digest: b } })).status).toBe(200);
    const refused = await rest.send('PUT', `${tags}/1`, { as: creator, body: { digest: b } });
    expect(refused).toMatchObject({ status: 403, body: { detail: expect.stringMatching(/scr:UpdateTag/) } });
    const mover = rest.someone('mover', [{ actions: ['scr:CreateTag', 'scr:UpdateTag'] }]);
    expect((await rest.send('PUT', `${tags}/1`, { as: mover, body: { digest: b } })).status).toBe(200);
  });

  it('creates, moves and restores a tag, tells each once, and says nothing when nothing changes', async () => {
    const { tags, a, b } = await anImage('moving');
    const point = (tag: string, digest: string) => rest.send('PUT', `${tags}/${tag}`, { body: { digest } });
    expect((await point('new', b)).body).toMatchObject({ name: 'new', digest: b, setBy: 'admin' });
    expect((await point('1', b)).body).toMatchObject({ name: '1', digest: b });
    expect((await point('1', b)).status).toBe(200);
    expect((await rest.send('DELETE', `${tags}/1`)).status).toBe(204);
    expect((await rest.send('GET', `${tags}/1`)).status).toBe(404);
    expect((await point('1', a)).body).toMatchObject({ digest: a });
    expect(await typesOf('moving', 4)).toEqual(['tag.created', 'tag.moved', 'tag.deleted', 'tag.created']);
    const { body } = await rest.send('GET', tags.replace(/\/tags$/, ''));
    expect(body).toMatchObject({ tagCount: 2 });
  });

  it('refuses what is no tag or no digest, a digest of another image, and one that is gone', async () => {
    const { tags, a, b } = await anImage('wrong');
    const other = await anImage('wrong-too');
    const point = (tag: string, digest: string) => rest.send('PUT', `${tags}/${tag}`, { body: { digest } });
    expect((await point('-x', a)).status).toBe(400);
    expect((await point('x', 'sha256:zz')).status).toBe(400);
    expect((await point('x', other.a)).status).toBe(404);
    await rest.send('DELETE', `${tags.replace(/tags$/, 'manifests')}/${b}`);
    expect((await point('x', b)).status).toBe(404);
    expect((await rest.send('GET', tags)).body['items']).toHaveLength(1);
  });

  it('moves no tag under a lock, and adds none over the quota', async () => {
    const { tags, a, b } = await anImage('kept');
    const image = tags.replace(/\/tags$/, '');
    await rest.send('PATCH', image, { body: { locked: true } });
    expect((await rest.send('PUT', `${tags}/1`, { body: { digest: b } })).status).toBe(409);
    expect((await rest.send('PUT', `${tags}/2`, { body: { digest: b } })).status).toBe(200);
    await rest.send('PATCH', image, { body: { locked: false } });
    await rest.send('PATCH', `/${rest.catalog.registryId}`, { body: { limits: { tags: 2 } } });
    const refused = await rest.send('PUT', `${tags}/3`, { body: { digest: a } });
    expect(refused.status).toBe(409);
    expect(refused.body['detail']).toMatch('2 of 2 tags of the image are used');
    await rest.send('PATCH', `/${rest.catalog.registryId}`, { body: { limits: { tags: null } } });
  });
});

describe('GET tags', () => {
  it('lists current tags in byte order, in pages', async () => {
    const { first, tags } = await anImage('paged');
    await put(rest.catalog, 'paged', first, ['B', 'a', 'c']);
    const names: string[] = [];
    let cursor = '';
    do {
      const { body } = await rest.send('GET', `${tags}?limit=3${cursor}`);
      names.push(...(body['items'] as { name: string }[]).map(({ name }) => name));
      cursor = body['next'] === null ? '' : `&cursor=${String(body['next'])}`;
    } while (cursor !== '');
    expect(names).toEqual(['1', 'B', 'a', 'c']);
  });
});

describe('the history of a tag', () => {
  it('tells who pointed it where and when, newest first, in pages without gaps', async () => {
    const { first, second, tags, a, b } = await anImage('history');
    for (const [n, manifest] of [second, first, second].entries()) {
      await put(rest.catalog, 'history', manifest, ['1'], `EK${n}`);
    }
    await rest.send('DELETE', `${tags}/1`);
    const ranges: { digest: string; setBy: string; endedBy: string | null; validFrom: string; validTo: string }[] = [];
    let cursor = '';
    do {
      const { body } = await rest.send('GET', `${tags}/1/history?limit=1${cursor}`);
      ranges.push(...(body['items'] as typeof ranges));
      cursor = body['next'] === null ? '' : `&cursor=${String(body['next'])}`;
    } while (cursor !== '');
    expect(ranges.map(({ digest, setBy, endedBy }) => [digest, setBy, endedBy])).toEqual([
      [b, 'EK2', 'admin'],
      [a, 'EK1', 'EK2'],
      [b, 'EK0', 'EK1'],
      [a, 'EKSPEC', 'EK0'],
    ]);
    for (const [n, { validFrom }] of ranges.slice(0, -1).entries()) expect(ranges[n + 1]?.validTo).toBe(validFrom);
  });

  it('says which digests can still be restored', async () => {
    const { second, tags, a } = await anImage('restorable');
    await put(rest.catalog, 'restorable', second, ['1']);
    await rest.send('DELETE', `${tags.replace(/tags$/, 'manifests')}/${a}`);
    const { body } = await rest.send('GET', `${tags}/1/history`);
    expect((body['items'] as { available: boolean }[]).map(({ available }) => available)).toEqual([true, false]);
  });

  it('is 404 for a tag that never was, and 400 for a cursor of another list', async () => {
    const { tags } = await anImage('never');
    expect((await rest.send('GET', `${tags}/x/history`)).status).toBe(404);
    expect((await rest.send('GET', `${tags}/%00/history`)).status).toBe(404);
    expect((await rest.send('GET', `${tags}/1/history?cursor=WyJhIl0`)).status).toBe(400);
  });
});
