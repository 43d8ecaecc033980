import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { BlobCorrupt } from '@entrepot/blob-store';
import { planeUnderTest } from '../spec/plane-under-test.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const BLOB = `/v2/demo/apps/x/blobs/${DIGEST}`;
const headers = { host: 'localhost' };
const sound = { digest: DIGEST, size: 5, location: { key: 'k' } };
const SUSPECT = [{ subject: 'catalog.blob.suspect.v1', request: { registryId: 'r1', digest: DIGEST } }];

describe('a blob whose bytes are quarantined', () => {
  it.each(['GET', 'HEAD'] as const)('is not there for %s, so that a push sends it', async (method) => {
    const { fastify } = await planeUnderTest({}, { blob: { ...sound, location: null } });
    const reply = await fastify.inject({ method, url: BLOB, headers });
    expect(reply.statusCode).toBe(404);
  });

  it('says why to whoever pulls it, even with its ETag', async () => {
    const { fastify, asked } = await planeUnderTest({}, { blob: { ...sound, location: null } });
    const reply = await fastify.inject({ url: BLOB, headers: { ...headers, 'if-none-match': `"${DIGEST}"` } });
    expect([reply.statusCode, reply.json()]).toEqual([
      404,
      {
        errors: [
          {
            code: 'BLOB_UNKNOWN',
            message: expect.stringMatching(/damaged .* push it again/),
            detail: { digest: DIGEST, damaged: true },
          },
        ],
      },
    ]);
    expect(asked).toEqual([]);
  });
});

describe('bytes that a pull finds wrong', () => {
  const corrupt = () => new BlobCorrupt('k', 'segment 0 is not what was written');

  it('before the first is sent are a 500, and the catalog is told', async () => {
    const openPump = () => Promise.reject(corrupt());
    const { fastify, asked } = await planeUnderTest({}, { blob: sound }, { openPump });
    const reply = await fastify.inject({ url: BLOB, headers });
    expect(reply.statusCode).toBe(500);
    expect(asked).toEqual(SUSPECT);
  });

  it('after some were sent cut the connection, and the catalog is told', async () => {
    const openPump = async () => () => Promise.reject(corrupt());
    const { fastify, asked } = await planeUnderTest({}, { blob: sound }, { openPump });
    await fastify.inject({ url: BLOB, headers }).catch(() => undefined);
    expect(asked).toEqual(SUSPECT);
  });

  it('in one of several ranges are told too', async () => {
    const read = async () => new Readable({ read: (): void => undefined }).destroy(corrupt());
    const { fastify, asked } = await planeUnderTest({}, { blob: sound }, { read });
    await fastify.inject({ url: BLOB, headers: { ...headers, range: 'bytes=0-0,2-2' } }).catch(() => undefined);
    expect(asked).toEqual(SUSPECT);
  });

  it('are told of by good reads never', async () => {
    const { fastify, asked } = await planeUnderTest({}, { blob: sound });
    expect((await fastify.inject({ url: BLOB, headers })).body).toBe('bytes');
    expect(asked).toEqual([]);
  });
});
