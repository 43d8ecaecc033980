import { expect, it } from '@jest/globals';
import { aManifest, type RawReply } from '@entrepot/testing';
import type { Place } from '../support/place.js';

/** `GET /v2/_catalog`: every image once, in byte order, in pages. */
export function catalogList(place: () => Place): void {
  const repositories = (reply: RawReply) => {
    expect(reply.status).toBe(200);
    return reply.json<{ repositories: string[] }>().repositories;
  };
  const pushed = async (): Promise<string[]> => {
    const { client, image, chart, seed } = place();
    const names = [image('catalog-a'), image('catalog-b/nested'), chart('catalog-c')];
    for (const name of names) await client.pushImage(name, aManifest({ layers: 0, seed: `${seed} catalog` }), ['1']);
    return names;
  };

  it('lists what was pushed, in byte order', async () => {
    const names = await pushed();
    const found = repositories(await place().client.get('/v2/_catalog?n=1000'));
    expect(found).toEqual(expect.arrayContaining(names));
    expect(found).toEqual([...new Set(found)].sort());
  });

  it('comes in linked pages that together are the whole', async () => {
    await pushed();
    const { client } = place();
    const whole = repositories(await client.get('/v2/_catalog?n=1000'));
    const found: string[] = [];
    let path: string | undefined = '/v2/_catalog?n=7';
    while (path !== undefined) {
      const reply: RawReply = await client.get(path);
      found.push(...repositories(reply));
      expect(found.length).toBeLessThanOrEqual(whole.length);
      path = /^<([^>]+)>; ?rel="?next"?$/.exec(reply.header('link') ?? '')?.[1];
    }
    expect(found).toEqual(whole);
  });

  it('answers n=0 with nothing', async () => {
    const reply = await place().client.get('/v2/_catalog?n=0');
    expect([repositories(reply), reply.header('link')]).toEqual([[], undefined]);
  });
}
