import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anIndex, pushBlob, pushImage, put } from '../testing/pushes.js';
import { RestCatalog } from '../testing/rest-catalog.js';

const OTHER = '000000000002';
const ABSENT = 'f'.repeat(32);
let rest: RestCatalog;

beforeAll(async () => {
  rest = await RestCatalog.start();
});
afterAll(() => rest?.close());

const images = () => `/${rest.catalog.registryId}/repositories/${rest.catalog.repositoryId}/images`;
const at = async (image: string) => `${images()}/${await rest.catalog.imageId(image)}`;
const lockRepository = (locked: boolean) => rest.send('PATCH', images().replace(/\/images$/, ''), { body: { locked } });

describe('images', () => {
  it('are listed by name once they have a manifest, or looked up by name', async () => {
    await pushImage(rest.catalog, 'list/b', ['1', '2']);
    await pushImage(rest.catalog, 'list/a', ['1']);
    const { config } = await pushImage(rest.catalog, 'other');
    await pushBlob(rest.catalog, 'list/unfinished', config);
    const first = await rest.send('GET', `${images()}?limit=2`);
    expect(first.body['items']).toEqual([
      expect.objectContaining({ name: 'list/a', fullName: 'demo/apps/list/a', tagCount: 1, pullCount: 0 }),
      expect.objectContaining({ name: 'list/b', tagCount: 2, lastPulledAt: null, createdBy: 'EKSPEC' }),
    ]);
    const second = await rest.send('GET', `${images()}?limit=2&cursor=${String(first.body['next'])}`);
    expect(second.body).toMatchObject({ items: [expect.objectContaining({ name: 'other' })], next: null });
    const named = await rest.send('GET', `${images()}?name=list%2Fb`);
    expect(named.body['items']).toEqual([expect.objectContaining({ name: 'list/b' })]);
    expect((await rest.send('GET', `${images()}?name=list`)).body['items']).toEqual([]);
    expect((await rest.send('GET', await at('list/unfinished'))).status).toBe(404);
  });

  it('are found only at their own path and by their own account', async () => {
    await pushImage(rest.catalog, 'hidden', ['1']);
    const imageId = await rest.catalog.imageId('hidden');
    const as = rest.someone('neighbour', [{ actions: ['*'] }], OTHER);
    const otherRepository = await rest.catalog.makeRepository('elsewhere');
    const elsewhere = `/${rest.catalog.registryId}/repositories/${otherRepository}/images`;
    for (const below of ['', '/manifests', '/tags', '/tags/1', '/tags/1/history']) {
      expect((await rest.send('GET', `${images()}/${imageId}${below}`)).status).toBe(200);
      const theirs = await rest.send('GET', `${images()}/${imageId}${below}`, { as });
      const absent = await rest.send('GET', `${images()}/${ABSENT}${below}`, { as });
      expect([theirs.status, theirs.body['detail']]).toEqual([404, absent.body['detail']]);
      expect((await rest.send('GET', `${elsewhere}/${imageId}${below}`)).status).toBe(404);
    }
    for (const path of [elsewhere, images()]) {
      const options = path === elsewhere ? {} : { as };
      expect((await rest.send('DELETE', `${path}/${imageId}`, options)).status).toBe(404);
      expect((await rest.send('DELETE', `${path}/${imageId}/tags/1`, options)).status).toBe(404);
      expect((await rest.send('PATCH', `${path}/${imageId}`, { ...options, body: { locked: true } })).status).toBe(404);
    }
    expect((await rest.send('GET', `${images()}/${imageId}`)).body).toMatchObject({ locked: false, tagCount: 1 });
  });

  it('can be seen by who may see this repository, and not changed', async () => {
    await pushImage(rest.catalog, 'seen', ['1']);
    const { registryId, repositoryId } = rest.catalog;
    const own = [`srn:e::*:*::scr:repository/${registryId}/${repositoryId}`];
    const as = rest.someone('viewer', [{ actions: ['scr:List*', 'scr:Show*'], resources: own }]);
    expect((await rest.send('GET', await at('seen'), { as })).status).toBe(200);
    for (const [method, below, body] of [
      ['PATCH', '', { locked: true }],
      ['DELETE', '', undefined],
      ['PUT', '/tags/2', { digest: 'sha256:x' }],
      ['DELETE', '/tags/1', undefined],
    ] as const) {
      const refused = await rest.send(method, `${await at('seen')}${below}`, { as, body });
      expect([method, below, refused.status]).toEqual([method, below, 403]);
    }
  });

  it('can be described and locked; the lock stays as it is while the repository is locked', async () => {
    await pushImage(rest.catalog, 'locking', ['1']);
    const path = await at('locking');
    const changed = await rest.send('PATCH', path, { body: { description: 'Mine', locked: true } });
    expect([changed.status, changed.body]).toEqual([
      200,
      expect.objectContaining({ description: 'Mine', locked: true }),
    ]);
    expect(await rest.send('DELETE', path)).toMatchObject({ status: 409, body: { rule: 'lock:image' } });
    expect((await rest.send('DELETE', `${path}/tags/1`)).status).toBe(409);
    await lockRepository(true);
    const refused = await rest.send('PATCH', path, { body: { locked: false } });
    expect(refused).toMatchObject({ status: 409, body: { rule: 'lock:repository' } });
    expect((await rest.send('PATCH', path, { body: { description: 'Still' } })).status).toBe(200);
    await lockRepository(false);
    expect((await rest.send('PATCH', path, { body: { locked: false } })).body).toMatchObject({ locked: false });
  });

  it('end at once with what is in them, are told of, and can be pushed anew', async () => {
    await pushImage(rest.catalog, 'ending', ['1', '2']);
    const path = await at('ending');
    const before = await imageCount();
    expect((await rest.send('DELETE', path)).status).toBe(204);
    expect((await rest.send('GET', path)).status).toBe(404);
    expect(await imageCount()).toBe(before - 1);
    expect((await rest.catalog.facts('ending')).at(-1)).toMatchObject({
      type: 'image.deleted',
      data: { actor: 'admin', image: 'ending', repository: 'apps' },
    });
    await rest.settle();
    const [left] = await rest.catalog.query(
      `SELECT (SELECT count(*)::integer FROM manifest WHERE image_id = $1 AND deleted_at IS NULL) AS manifests,
         (SELECT count(*)::integer FROM tag WHERE image_id = $1 AND valid_to IS NULL) AS tags,
         (SELECT count(*)::integer FROM blob_link WHERE image_id = $1 AND keep_until = 'infinity') AS held`,
      [path.split('/').at(-1)],
    );
    expect(left).toEqual({ manifests: 0, tags: 0, held: 0 });
    await pushImage(rest.catalog, 'ending', ['1']);
    expect(await at('ending')).not.toBe(path);
    expect(await imageCount()).toBe(before);
  });
});

describe('manifests', () => {
  it('are listed by digest with their tags and shown one by one', async () => {
    const one = await pushImage(rest.catalog, 'many', ['1', 'latest'], { annotations: { a: 'b' } });
    const two = await pushImage(rest.catalog, 'many', ['2']);
    const { body } = await rest.send('GET', `${await at('many')}/manifests`);
    const digests = [one, two].map(({ descriptor }) => descriptor.digest).sort();
    expect((body['items'] as { digest: string }[]).map(({ digest }) => digest)).toEqual(digests);
    const shown = await rest.send('GET', `${await at('many')}/manifests/${one.descriptor.digest}`);
    expect(shown.body).toMatchObject({
      digest: one.descriptor.digest,
      mediaType: one.descriptor.mediaType,
      size: one.descriptor.size,
      totalSize: one.descriptor.size + one.config.size + one.layers[0]!.size,
      tags: ['1', 'latest'],
      tagCount: 2,
      annotations: { a: 'b' },
      createdBy: 'EKSPEC',
    });
    const absent = `sha256:${'0'.repeat(64)}`;
    expect((await rest.send('GET', `${await at('many')}/manifests/${absent}`)).status).toBe(404);
    expect((await rest.send('GET', `${await at('many')}/manifests/sha256:x`)).status).toBe(400);
  });

  it('are deleted by the data plane’s own rules: not while an index needs them, and with their tags', async () => {
    const child = await pushImage(rest.catalog, 'index', ['child']);
    const index = anIndex([child.descriptor]);
    await put(rest.catalog, 'index', index, ['index']);
    const path = `${await at('index')}/manifests`;
    const needed = await rest.send('DELETE', `${path}/${child.descriptor.digest}`);
    expect(needed.status).toBe(409);
    expect(needed.body['detail']).toMatch(index.descriptor.digest);
    expect((await rest.send('DELETE', `${path}/${index.descriptor.digest}`)).status).toBe(204);
    expect((await rest.send('DELETE', `${path}/${child.descriptor.digest}`)).status).toBe(204);
    expect((await rest.send('DELETE', `${path}/${child.descriptor.digest}`)).status).toBe(404);
    expect((await rest.send('GET', `${await at('index')}/tags`)).body['items']).toEqual([]);
    const told = (await rest.catalog.facts('index')).slice(-4).map(({ type }) => type);
    expect(told).toEqual(['tag.deleted', 'manifest.deleted', 'tag.deleted', 'manifest.deleted']);
  });
});

async function imageCount(): Promise<number> {
  const { body } = await rest.send('GET', images().replace(/\/images$/, ''));
  return body['imageCount'] as number;
}
