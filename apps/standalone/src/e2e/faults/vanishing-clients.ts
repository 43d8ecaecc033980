import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { aBlob, basic, type Credentials, openUpload, UploadSession, vanishAfter } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';

const NAME = 'demo/apps/vanishing';
const SIZE = 2_000_000;

/** A broken line in the middle of a body: what was acknowledged stays, the rest never was. */
export function vanishingClients(scene: () => Scene): void {
  const head = (method: string, path: string, headers: Record<string, string>): string => {
    const { suite, root } = scene();
    const authorization = basic(root.options.credentials as Credentials);
    const all = { host: new URL(suite.url).host, authorization, ...headers };
    return `${method} ${path} HTTP/1.1\r\n${Object.entries(all)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`;
  };

  it.each([
    ['with Content-Range', { 'content-length': String(SIZE), 'content-range': `0-${SIZE - 1}` }, false],
    ['as a stream', { 'content-length': String(SIZE) }, false],
    ['as a stream of unknown length', { 'transfer-encoding': 'chunked' }, true],
  ])(
    'in the middle of a PATCH %s leaves the upload where it was, and it goes on from there',
    async (what, headers, chunked) => {
      const { root, suite } = scene();
      const blob = aBlob(SIZE, what);
      const session = new UploadSession(root, await openUpload(root, NAME));
      const half = blob.bytes.subarray(0, SIZE / 2);
      const part = chunked
        ? Buffer.concat([Buffer.from(`${half.length.toString(16)}\r\n`), half, Buffer.from('\r\n')])
        : half;
      await vanishAfter(suite.port, head('PATCH', session.location, headers), part);
      const status = await session.status();
      expect([status.status, status.header('range')]).toEqual([204, '0-0']);
      expect((await session.chunk(blob.bytes.subarray(0, 700))).status).toBe(202);
      expect((await session.end(blob.digest, blob.bytes.subarray(700))).status).toBe(201);
      expect((await root.get(`/v2/${NAME}/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
    },
  );

  it('in the middle of a later chunk keeps the chunks before', async () => {
    const { root, suite } = scene();
    const blob = aBlob(SIZE, 'later chunk');
    const session = new UploadSession(root, await openUpload(root, NAME));
    expect((await session.chunk(blob.bytes.subarray(0, 1000))).status).toBe(202);
    const headers = { 'content-length': '500000', 'content-range': '1000-500999' };
    await vanishAfter(suite.port, head('PATCH', session.location, headers), blob.bytes.subarray(1000, 200_000));
    expect((await session.status()).header('range')).toBe('0-999');
    expect((await session.end(blob.digest, blob.bytes.subarray(1000))).status).toBe(201);
    expect((await root.get(`/v2/${NAME}/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
  });

  it('in the middle of the PUT that ends an upload leaves no blob, and the upload can be ended', async () => {
    const { root, suite } = scene();
    const blob = aBlob(SIZE, 'put');
    const session = new UploadSession(root, await openUpload(root, NAME));
    const path = `${session.location}?digest=${blob.digest}`;
    const headers = { 'content-length': String(SIZE) };
    await vanishAfter(suite.port, head('PUT', path, headers), blob.bytes.subarray(0, SIZE - 1));
    expect((await root.get(`/v2/${NAME}/blobs/${blob.digest}`)).status).toBe(404);
    expect((await session.end(blob.digest, blob.bytes)).status).toBe(201);
  });

  it('in the middle of a manifest changes nothing', async () => {
    const { root, suite } = scene();
    const headers = { 'content-length': '5000', 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
    await vanishAfter(
      suite.port,
      head('PUT', `/v2/${NAME}/manifests/half`, headers),
      Buffer.from('{"schemaVersion":2,'),
    );
    expect((await root.get(`/v2/${NAME}/manifests/half`)).status).toBe(404);
  });

  it('in the middle of a pull leaves the registry as it was', async () => {
    const { root, suite } = scene();
    const blob = aBlob(8_000_000, 'pull');
    await root.pushBlob(NAME, blob);
    const request = head('GET', `/v2/${NAME}/blobs/${blob.digest}`, {});
    await Promise.all(
      Array.from({ length: 10 }, () => vanishAfter(suite.port, request, Buffer.alloc(0), { lingerMs: 20 })),
    );
    expect((await root.get(`/v2/${NAME}/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
  });

  it('a PATCH that is retried while the first still runs: exactly one of them counts', async () => {
    const { root } = scene();
    for (let round = 0; round < 5; round++) {
      const blob = aBlob(600_000, `overlap ${round}`);
      const session = new UploadSession(root, await openUpload(root, NAME));
      const headers = { 'content-range': `0-${blob.bytes.length - 1}`, 'content-length': String(blob.bytes.length) };
      const slow = root.patch(session.location, slowly(blob.bytes), headers).catch(() => null);
      await sleep(30);
      const [first, second] = await Promise.all([slow, root.patch(session.location, blob.bytes, headers)]);
      const statuses = [first?.status, second.status];
      expect(statuses.filter((status) => status === 202)).toHaveLength(1);
      expect((await session.status()).header('range')).toBe(`0-${blob.bytes.length - 1}`);
      expect((await session.end(blob.digest)).status).toBe(201);
      expect((await root.get(`/v2/${NAME}/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
    }
  });

  it('a PUT that is sent again after its answer was lost gets its 201 again', async () => {
    const { root } = scene();
    const blob = aBlob(1000, 'again');
    const session = new UploadSession(root, await openUpload(root, NAME));
    expect((await session.stream(blob.bytes)).status).toBe(202);
    expect((await session.end(blob.digest)).status).toBe(201);
    expect((await session.end(blob.digest)).status).toBe(201);
    const other = await session.end(aBlob(1, 'another').digest);
    expect([other.status, other.code]).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  });
}

async function* slowly(bytes: Buffer): AsyncIterable<Buffer> {
  const size = Math.ceil(bytes.length / 10);
  for (let start = 0; start < bytes.length; start += size) {
    yield bytes.subarray(start, start + size);
    await sleep(20);
  }
}
