import { beforeAll, expect, it } from '@jest/globals';
import { aManifest, type RawReply } from '@entrepot/testing';
import type { Place } from '../support/place.js';

// Byte order: digits, then capitals, `_`, small letters. A locale's order would mix them.
const TAGS = ['0.1', '1.0', '1.0-rc.1', '1_0', 'A', 'B', 'Z.9', '_x', 'a', 'latest', 'z', 'z.z'];

/** end-8, with paging. */
export function tagLists(place: () => Place): void {
  const path = (query = '') => `/v2/${place().image('tag-lists')}/tags/list${query}`;
  const list = async (query = ''): Promise<RawReply> => {
    const reply = await place().client.get(path(query));
    expect(reply.status).toBe(200);
    return reply;
  };
  const tagsOf = (reply: RawReply) => reply.json<{ tags: string[] }>().tags;

  beforeAll(async () => {
    const { client, image, seed } = place();
    const manifest = aManifest({ seed: `${seed} tag lists` });
    await client.pushImage(image('tag-lists'), manifest, []);
    const shuffled = [...TAGS].reverse();
    expect((await client.pushManifest(image('tag-lists'), manifest, { tags: shuffled })).status).toBe(201);
  });

  it('lists all tags in byte order under the name that was asked', async () => {
    const reply = await list();
    expect(reply.json()).toEqual({ name: place().image('tag-lists'), tags: TAGS });
    expect([reply.header('link'), reply.header('warning')]).toEqual([undefined, undefined]);
  });

  it.each([1, 2, 5, TAGS.length - 1])('lists them in pages of %i, each linked to the next', async (n) => {
    const found: string[] = [];
    let query: string | null = `?n=${n}`;
    while (query !== null) {
      const reply: RawReply = await list(query);
      const tags = tagsOf(reply);
      expect(tags.length).toBeLessThanOrEqual(n);
      found.push(...tags);
      query = nextOf(reply, path());
      expect(found.length).toBeLessThanOrEqual(TAGS.length);
    }
    expect(found).toEqual(TAGS);
  });

  it.each([TAGS.length, TAGS.length + 1, 1000])('has no further page after n=%i', async (n) => {
    const reply = await list(`?n=${n}`);
    expect([tagsOf(reply), reply.header('link')]).toEqual([TAGS, undefined]);
  });

  it('answers n=0 with an empty list and no link', async () => {
    const reply = await list('?n=0');
    expect([tagsOf(reply), reply.header('link')]).toEqual([[], undefined]);
  });

  it.each([
    ['a tag', 'A', TAGS.slice(5)],
    ['a name between tags', '1.5', TAGS.slice(3)],
    ['the last tag', 'z.z', []],
    ['beyond the last', 'zz', []],
    ['before the first', '0', TAGS],
  ])('begins after %s', async (_, last, expected) => {
    expect(tagsOf(await list(`?last=${last}`))).toEqual(expected);
    expect(tagsOf(await list(`?last=${last}&n=3`))).toEqual(expected.slice(0, 3));
  });

  it.each(['-1', 'abc', '1.5', '%20', '0x10'])('refuses n=%s', async (n) => {
    expect((await place().client.get(path(`?n=${n}`))).status).toBe(400);
  });

  it('takes a huge n for as much as it gives', async () => {
    expect(tagsOf(await list(`?n=${'9'.repeat(40)}`))).toEqual(TAGS);
  });

  it('knows no tags of an image that is not there', async () => {
    const reply = await place().client.get(`/v2/${place().image('never')}/tags/list`);
    expect([reply.status, reply.code]).toEqual([404, 'NAME_UNKNOWN']);
  });
}

/** The query of `Link: <…>; rel="next"`; null when there is none. The link must lead to the same list. */
function nextOf(reply: RawReply, path: string): string | null {
  const link = reply.header('link');
  if (link === undefined) return null;
  const target = /^<([^>]+)>; ?rel="?next"?$/.exec(link)?.[1] ?? '';
  expect(target.startsWith(`${path}?`)).toBe(true);
  return target.slice(path.length);
}
