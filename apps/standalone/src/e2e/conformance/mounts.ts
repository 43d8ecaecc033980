import { expect, it } from '@jest/globals';
import { aBlob, type Algorithm, type Content, locationOf, type RawReply, withQuery } from '@entrepot/testing';
import type { Place } from '../support/place.js';

/** end-11: a blob of another image, named or found. */
export function mounts(place: () => Place, algorithm: Algorithm): void {
  const source = async (what: string): Promise<Content> => {
    const { client, image, seed } = place();
    const blob = aBlob(400, `${seed} ${algorithm} mount ${what}`, { algorithm });
    expect((await client.pushBlob(image('source'), blob)).status).toBe(201);
    return blob;
  };
  // A client that mounts asks for a token that may read the source too, as docker does.
  const mount = async (target: string, { digest }: Content, from?: string): Promise<RawReply> => {
    const { client } = place();
    const scopes = [`repository:${target}:pull,push`, ...(from === undefined ? [] : [`repository:${from}:pull`])];
    const login = client.options.login === 'token' ? { bearer: await client.token(...scopes) } : 'basic';
    const query = from === undefined ? '' : `&from=${encodeURIComponent(from)}`;
    return client.as({ login }).post(`/v2/${target}/blobs/uploads/?mount=${digest}${query}`);
  };

  it.each(['the same repository', 'another repository'])('mounts a blob into an image of %s', async (where) => {
    const { client, image, chart } = place();
    const blob = await source(where);
    const target = where === 'the same repository' ? image('target') : chart('target');
    expect((await client.get(`/v2/${target}/blobs/${blob.digest}`)).status).toBe(404);
    const mounted = await mount(target, blob, image('source'));
    expect([mounted.status, mounted.header('docker-content-digest')]).toEqual([201, blob.digest]);
    expect((await client.get(locationOf(mounted))).body.equals(blob.bytes)).toBe(true);
  });

  it('finds a blob without a source', async () => {
    const { client, chart } = place();
    const blob = await source('anonymous');
    const mounted = await mount(chart('found'), blob);
    expect(mounted.status).toBe(201);
    expect((await client.get(locationOf(mounted))).body.equals(blob.bytes)).toBe(true);
  });

  it.each([true, false])(
    'opens a session where there is no such blob (source named: %s), which can be gone on with',
    async (named) => {
      const { client, image, seed } = place();
      const blob = aBlob(300, `${seed} ${algorithm} mount nothing ${named}`, { algorithm });
      const opened = await mount(image('target'), blob, named ? image('source') : undefined);
      expect(opened.status).toBe(202);
      const pushed = await client.put(withQuery(locationOf(opened), `digest=${blob.digest}`), blob.bytes);
      expect(pushed.status).toBe(201);
      expect((await client.get(locationOf(pushed))).body.equals(blob.bytes)).toBe(true);
    },
  );

  it.each(['no/such-image/here', 'one', '../..', 'UPPER/case/image'])(
    'opens a session for the source %s',
    async (from) => {
      const { image } = place();
      const blob = await source(`odd ${from}`);
      expect((await mount(image('odd'), blob, from)).status).toBe(202);
    },
  );

  it('keeps a mounted blob when its source is deleted', async () => {
    const { client, image, chart } = place();
    const blob = await source('kept');
    expect((await mount(chart('kept'), blob, image('source'))).status).toBe(201);
    expect((await client.delete(`/v2/${image('source')}/blobs/${blob.digest}`)).status).toBe(202);
    expect((await client.get(`/v2/${chart('kept')}/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
  });
}
