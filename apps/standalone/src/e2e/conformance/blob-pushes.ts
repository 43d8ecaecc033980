import { expect, it } from '@jest/globals';
import { aBlob, type Algorithm, BLOB_PUSHES, contentOf, locationOf } from '@entrepot/testing';
import type { Place } from '../support/place.js';

/** end-4 to end-6 in every form, each ending with the same blob. */
export function blobPushes(place: () => Place, algorithm: Algorithm): void {
  const sizes = [0, 1, 2, 20_000, 3_000_001];
  const forms = BLOB_PUSHES.flatMap((how) => sizes.map((size) => ({ how, size })));
  const possible = forms.filter(
    ({ how, size }) => size > 2 || !['one-chunk', 'chunks', 'chunks-last-in-put'].includes(how),
  );

  it.each(possible)('takes a blob of $size bytes by $how, and gives back every byte', async ({ how, size }) => {
    const { client, image, seed } = place();
    const blob = aBlob(size, `${seed} ${algorithm} ${how}`, { algorithm });
    const pushed = await client.pushBlob(image('pushes'), blob, how);
    expect([pushed.status, pushed.header('docker-content-digest')]).toEqual([201, blob.digest]);
    expect(pushed.headerLines('warning')).toEqual([]);
    const pulled = await client.get(locationOf(pushed));
    expect(pulled.status).toBe(200);
    expect(pulled.body.equals(blob.bytes)).toBe(true);
  });

  it('takes the same blob twice, and in another image', async () => {
    const { client, image, seed } = place();
    const blob = aBlob(500, `${seed} ${algorithm} twice`, { algorithm });
    for (const name of ['pushes', 'pushes', 'pushes-elsewhere']) {
      expect((await client.pushBlob(image(name), blob)).status).toBe(201);
      expect((await client.get(`/v2/${image(name)}/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
    }
  });

  it('takes the empty JSON blob', async () => {
    const { client, image } = place();
    const blob = contentOf('{}', { algorithm });
    expect((await client.pushBlob(image('pushes'), blob, 'single-post')).status).toBe(201);
    expect((await client.get(`/v2/${image('pushes')}/blobs/${blob.digest}`)).text).toBe('{}');
  });

  it('takes a digest of this algorithm where another one was announced', async () => {
    const { client, image, seed } = place();
    const blob = aBlob(700, `${seed} ${algorithm} announced`, { algorithm });
    const other = algorithm === 'sha256' ? 'sha512' : 'sha256';
    const opened = await client.post(`/v2/${image('pushes')}/blobs/uploads/?digest-algorithm=${other}`);
    expect(opened.status).toBe(202);
    const ended = await client.put(`${locationOf(opened)}?digest=${blob.digest}`, blob.bytes);
    expect([ended.status, ended.header('docker-content-digest')]).toEqual([201, blob.digest]);
  });

  it('takes twenty blobs at once', async () => {
    const { client, image, seed } = place();
    const blobs = Array.from({ length: 20 }, (_, at) =>
      aBlob(10_000 + at, `${seed} ${algorithm} ${at}`, { algorithm }),
    );
    const pushed = await Promise.all(blobs.map((blob) => client.pushBlob(image('many'), blob, 'stream')));
    expect(pushed.map(({ status }) => status)).toEqual(blobs.map(() => 201));
    const pulled = await Promise.all(blobs.map(({ digest }) => client.get(`/v2/${image('many')}/blobs/${digest}`)));
    expect(pulled.map(({ body }, at) => body.equals(blobs[at]?.bytes ?? Buffer.of(0)))).toEqual(blobs.map(() => true));
  });
}
