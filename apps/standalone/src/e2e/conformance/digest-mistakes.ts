import { expect, it } from '@jest/globals';
import { aBlob, type Algorithm, BLOB_PUSHES, openUpload, withQuery, locationOf } from '@entrepot/testing';
import type { Place } from '../support/place.js';

/** A digest that is not that of the bytes, or none at all: 400, and nothing is there afterwards. */
export function digestMistakes(place: () => Place, algorithm: Algorithm): void {
  it.each(BLOB_PUSHES)('refuses a wrong digest by %s', async (how) => {
    const { client, image, seed } = place();
    const { bytes } = aBlob(600, `${seed} ${algorithm} mistake ${how}`, { algorithm });
    const { digest } = aBlob(600, `${seed} ${algorithm} another ${how}`, { algorithm });
    const pushed = await client.pushBlob(image('mistakes'), { bytes, digest, mediaType: '' }, how);
    expect([pushed.status, pushed.code]).toEqual([400, 'DIGEST_INVALID']);
    expect(pushed.message).toContain(digest);
    expect((await client.get(`/v2/${image('mistakes')}/blobs/${digest}`)).status).toBe(404);
  });

  const malformed = [
    `${algorithm}:baddigeststring`,
    `${algorithm}:`,
    `${algorithm}`,
    'md5:d41d8cd98f00b204e9800998ecf8427e',
  ];
  it.each([...malformed, `${algorithm}:${'A'.repeat(algorithm === 'sha256' ? 64 : 128)}`, ''])(
    'refuses the malformed digest "%s"',
    async (digest) => {
      const { client, image, seed } = place();
      const { bytes } = aBlob(60, `${seed} ${algorithm} malformed`);
      const single = await client.post(`/v2/${image('mistakes')}/blobs/uploads/?digest=${digest}`, bytes);
      expect([single.status, single.code]).toEqual([400, 'DIGEST_INVALID']);
      const opened = await openUpload(client, image('mistakes'), algorithm);
      const ended = await client.put(withQuery(locationOf(opened), `digest=${digest}`), bytes);
      expect([ended.status, ended.code]).toEqual([400, 'DIGEST_INVALID']);
    },
  );

  it('refuses a PUT without a digest', async () => {
    const { client, image } = place();
    const opened = await openUpload(client, image('mistakes'), algorithm);
    const ended = await client.put(locationOf(opened), Buffer.from('bytes'));
    expect([ended.status, ended.code]).toEqual([400, 'DIGEST_INVALID']);
  });

  it('refuses to compute what it cannot', async () => {
    const { client, image } = place();
    const opened = await client.post(`/v2/${image('mistakes')}/blobs/uploads/?digest-algorithm=md5`);
    expect([opened.status, opened.code]).toEqual([400, 'DIGEST_INVALID']);
  });

  it.each(['GET', 'HEAD'])('has no blob of a malformed digest for %s', async (method) => {
    const { client, image } = place();
    const reply = await client.request({ method, path: `/v2/${image('mistakes')}/blobs/${algorithm}:bad` });
    expect([400, 404]).toContain(reply.status);
  });
}
