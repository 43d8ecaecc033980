import { expect, it } from '@jest/globals';
import {
  aBlob,
  basic,
  MEDIA_TYPES,
  openUpload,
  sendBytes,
  someBytes,
  locationOf,
  UploadSession,
} from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import { changesNothing } from '../support/unchanged.js';

const NAME = 'demo/apps/here';
const MIB = 1024 * 1024;

/** Bodies that are not what the headers say, or far too much. */
export function bodies(scene: () => Scene): void {
  const head = (method: string, path: string, headers: Record<string, string>): string => {
    const { suite, root } = scene();
    const all = {
      host: new URL(suite.url).host,
      authorization: basic(root.options.credentials as { accessKey: string; secret: string }),
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
  };
  const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);

  it('a blob that is longer than announced is cut at the announced length, and its digest is then wrong', async () => {
    const { root, suite } = scene();
    const { bytes, digest } = aBlob(2000, 'longer');
    const path = `/v2/${NAME}/blobs/uploads/?digest=${digest}`;
    const announced = Buffer.concat([
      Buffer.from(head('POST', path, { 'content-length': '1000' })),
      bytes.subarray(0, 1000),
    ]);
    const answer = await changesNothing(root, () => sendBytes(suite.port, announced));
    expect([statusOf(answer), /DIGEST_INVALID/.test(answer)]).toEqual([400, true]);
    // What follows the announced bytes is, by HTTP's own rules, the next request, and as such nonsense.
    const more = await changesNothing(root, () =>
      sendBytes(suite.port, Buffer.concat([announced, bytes.subarray(1000)])),
    );
    expect(statusOf(more)).toBe(400);
    expect((await root.get(`/v2/${NAME}/blobs/${digest}`)).status).toBe(404);
  });

  it('a blob that is shorter than announced is not stored', async () => {
    const { root, suite } = scene();
    const { bytes, digest } = aBlob(2000, 'shorter');
    const path = `/v2/${NAME}/blobs/uploads/?digest=${digest}`;
    await sendBytes(suite.port, Buffer.concat([Buffer.from(head('POST', path, { 'content-length': '5000' })), bytes]));
    expect((await root.get(`/v2/${NAME}/blobs/${digest}`)).status).toBe(404);
  });

  it('a chunk that is shorter than announced leaves the upload where it was', async () => {
    const { root, suite } = scene();
    const { bytes, digest } = aBlob(2000, 'short chunk');
    const session = new UploadSession(root, await openUpload(root, NAME));
    expect((await session.chunk(bytes.subarray(0, 500))).status).toBe(202);
    const announced = head('PATCH', session.location, { 'content-length': '1500', 'content-range': '500-1999' });
    await sendBytes(suite.port, Buffer.concat([Buffer.from(announced), bytes.subarray(500, 900)]));
    expect((await session.status()).header('range')).toBe('0-499');
    expect((await session.end(digest, bytes.subarray(500))).status).toBe(201);
  });

  it.each(['abc', '-5', '1, 2', '0x10', '99999999999999999999'])(
    'a Content-Length of %s is refused',
    async (length) => {
      const { root, suite } = scene();
      const answer = await changesNothing(root, () =>
        sendBytes(suite.port, `${head('POST', `/v2/${NAME}/blobs/uploads/`, { 'content-length': length })}x`),
      );
      expect([400, 413]).toContain(statusOf(answer));
    },
  );

  it('a body with both a length and chunks is refused: the two could be read differently', async () => {
    const { root, suite } = scene();
    const both = { 'content-length': '5', 'transfer-encoding': 'chunked' };
    const smuggled = `0\r\n\r\n${head('DELETE', `/v2/${NAME}/manifests/1`, {})}`;
    const path = `/v2/${NAME}/blobs/uploads/`;
    await changesNothing(root, () => sendBytes(suite.port, head('POST', path, both) + smuggled));
  });

  it('a manifest of 100 MB is refused by its length alone', async () => {
    const { root, suite } = scene();
    const headers = { 'content-type': MEDIA_TYPES.imageManifest, 'content-length': String(100 * MIB) };
    const answer = await changesNothing(root, () =>
      sendBytes(suite.port, head('PUT', `/v2/${NAME}/manifests/large`, headers)),
    );
    expect([statusOf(answer), /MANIFEST_INVALID/.test(answer)]).toEqual([413, true]);
  });

  it('a manifest of 100 MB that does not say so is refused without reading it all', async () => {
    const { root } = scene();
    let sent = 0;
    function* endless(): Iterable<Buffer> {
      const chunk = someBytes(64 * 1024, 'endless');
      for (; sent < 100 * MIB; sent += chunk.length) yield chunk;
    }
    const reply = await changesNothing(root, () =>
      root.put(`/v2/${NAME}/manifests/large`, endless(), { 'content-type': MEDIA_TYPES.imageManifest }),
    );
    expect([reply.status, reply.code]).toEqual([413, 'MANIFEST_INVALID']);
    expect(reply.message).toMatch(/4194304/);
    // 4 MiB are read; up to 64 MiB that are under way when the answer goes out are dropped; the rest lies in buffers between us.
    expect(sent).toBeLessThan(90 * MIB);
  });

  it('a manifest just above the limit is refused, one just below is read', async () => {
    const { root } = scene();
    const type = { 'content-type': MEDIA_TYPES.imageManifest };
    const [above, below] = [' '.repeat(4 * MIB + 1), ' '.repeat(4 * MIB)];
    expect((await root.put(`/v2/${NAME}/manifests/x`, above, type)).status).toBe(413);
    expect((await root.put(`/v2/${NAME}/manifests/x`, below, type)).status).toBe(400);
  });

  it('a management request of 3 MB, or one that is no JSON, is refused', async () => {
    const { root, api } = scene();
    const large = await root.json('POST', '/api/v1/users', { name: 'x'.repeat(3 * MIB) });
    expect(large.status).toBe(413);
    for (const body of [
      '{',
      'null',
      '[]',
      '"text"',
      '{"name":1}',
      '{"name":{"$gt":""}}',
      '{"__proto__":{"name":"p"}}',
    ]) {
      const reply = await root.post('/api/v1/users', body, { 'content-type': 'application/json' });
      expect([body, reply.status]).toEqual([body, 400]);
      expect(reply.header('content-type')).toContain('application/problem+json');
    }
    const { items } = await api.call<{ items: { name: string }[] }>('GET', '/api/v1/users?limit=100');
    expect(items.map(({ name }) => name)).toEqual(['root']);
  });

  it('a refusal is read by a client that is still sending, each time', async () => {
    const { root } = scene();
    const body = someBytes(8 * MIB, 'early');
    for (let round = 0; round < 20; round++) {
      const refused = await root.post('/v2/demo/never/x/blobs/uploads/?digest=sha256:bad', body);
      expect([refused.status, refused.code]).toEqual([400, 'DIGEST_INVALID']);
    }
    expect((await root.get(locationOf(await openUpload(root, NAME)))).status).toBe(204);
  });
}
