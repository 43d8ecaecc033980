import { expect, it } from '@jest/globals';
import { aBlob, type Algorithm, type Content } from '@entrepot/testing';
import type { Place } from '../support/place.js';

const SIZE = 5000;

/** end-2 with ranges and conditions, and end-10. */
export function blobPulls(place: () => Place, algorithm: Algorithm): void {
  const pushed = async (what: string): Promise<{ path: string; blob: Content }> => {
    const { client, image, seed } = place();
    const blob = aBlob(SIZE, `${seed} ${algorithm} ${what}`, { algorithm });
    expect((await client.pushBlob(image('pulls'), blob)).status).toBe(201);
    return { path: `/v2/${image('pulls')}/blobs/${blob.digest}`, blob };
  };

  it('answers HEAD with size and digest and without a body', async () => {
    const { path, blob } = await pushed('head');
    const { status, headers, body } = await place().client.head(path);
    expect([status, body.length]).toEqual([200, 0]);
    expect(headers).toMatchObject({ 'content-length': String(SIZE), 'docker-content-digest': blob.digest });
    expect(headers).toMatchObject({ 'accept-ranges': 'bytes', etag: `"${blob.digest}"` });
    expect(headers['warning']).toBeUndefined();
  });

  it.each([
    ['bytes=500-1499', 500, 1499],
    ['bytes=500-', 500, SIZE - 1],
    ['bytes=-500', SIZE - 500, SIZE - 1],
    ['bytes=4000-9999', 4000, SIZE - 1],
    ['bytes=-99999', 0, SIZE - 1],
    ['bytes=0-0', 0, 0],
  ])('answers 206 to Range: %s', async (range, start, end) => {
    const { path, blob } = await pushed('range');
    const { status, headers, body } = await place().client.get(path, { range });
    expect(status).toBe(206);
    expect(headers['content-range']).toBe(`bytes ${start}-${end}/${SIZE}`);
    expect(headers['content-length']).toBe(String(end - start + 1));
    expect(body.equals(blob.bytes.subarray(start, end + 1))).toBe(true);
  });

  it.each(['bytes=500-0', 'bytes=5000-10000', 'bytes=5000-', 'bytes=-0'])('answers 416 to Range: %s', async (range) => {
    const { path } = await pushed('range');
    const { status, headers } = await place().client.get(path, { range });
    expect([status, headers['content-range']]).toEqual([416, `bytes */${SIZE}`]);
  });

  it('answers several ranges in one multipart body', async () => {
    const { path, blob } = await pushed('several');
    const { status, headers, body } = await place().client.get(path, { range: 'bytes=0-9,100-199,-10' });
    expect(status).toBe(206);
    expect(Number(headers['content-length'])).toBe(body.length);
    const boundary = /^multipart\/byteranges; boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1];
    const parts = body.toString('latin1').split(`\r\n--${boundary}`).slice(1, -1);
    const spans = [blob.bytes.subarray(0, 10), blob.bytes.subarray(100, 200), blob.bytes.subarray(-10)];
    expect(parts.map((part) => part.slice(part.indexOf('\r\n\r\n') + 4))).toEqual(
      spans.map((span) => span.toString('latin1')),
    );
  });

  it.each(['bytes=abc', 'lines=1-2', 'bytes=1-2-3'])('ignores the malformed Range: %s', async (range) => {
    const { path } = await pushed('range');
    const { status, body } = await place().client.get(path, { range });
    expect([status, body.length]).toEqual([200, SIZE]);
  });

  it('answers 304 to who has it, and honours If-Range', async () => {
    const { path, blob } = await pushed('conditions');
    const { client } = place();
    expect((await client.get(path, { 'if-none-match': `"${blob.digest}"` })).status).toBe(304);
    expect((await client.get(path, { 'if-none-match': '"sha256:other"' })).status).toBe(200);
    expect((await client.get(path, { range: 'bytes=0-1', 'if-range': `"${blob.digest}"` })).status).toBe(206);
    expect((await client.get(path, { range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200);
  });

  it('answers 404 for a blob that it does not have, to GET and HEAD', async () => {
    const { client, image, seed } = place();
    const { digest } = aBlob(10, `${seed} ${algorithm} never pushed`, { algorithm });
    const path = `/v2/${image('pulls')}/blobs/${digest}`;
    const missing = await client.get(path);
    expect([missing.status, missing.code]).toEqual([404, 'BLOB_UNKNOWN']);
    const head = await client.head(path);
    expect([head.status, head.body.length]).toEqual([404, 0]);
  });

  it('deletes a blob at once, and takes it again', async () => {
    const { path, blob } = await pushed('delete');
    const { client, image } = place();
    expect((await client.get(path)).status).toBe(200);
    expect((await client.delete(path)).status).toBe(202);
    const after = await client.get(path);
    expect([after.status, after.code]).toEqual([404, 'BLOB_UNKNOWN']);
    expect((await client.head(path)).status).toBe(404);
    expect((await client.delete(path)).status).toBe(404);
    expect((await client.pushBlob(image('pulls'), blob)).status).toBe(201);
    expect((await client.get(path)).body.equals(blob.bytes)).toBe(true);
  });
}
