import { afterEach, describe, expect, it } from '@jest/globals';
import type { SealedBlobStore } from '@entrepot/blob-store';
import type { GatewayConfig } from '../gateway.config.js';
import { type PlaneUnderTest, planeUnderTest } from '../spec/plane-under-test.js';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const PATH = `/v2/demo/apps/hello/blobs/${DIGEST}`;
const ON: Partial<GatewayConfig> = { directDownloads: ['own'], directDownloadSeconds: 60 };

let plane: PlaneUnderTest | null = null;
afterEach(async () => {
  await plane?.fastify.close();
  plane = null;
});

async function answerTo(
  request: { method?: 'GET' | 'HEAD'; headers?: Record<string, string> },
  config: Partial<GatewayConfig>,
  url: string | null = 'https://store.test/bucket/key?signed',
) {
  const asked: unknown[] = [];
  const presignRead: SealedBlobStore['presignRead'] = async (_location, wanted) => {
    asked.push(wanted);
    return url;
  };
  const blob = { digest: DIGEST, size: 5, location: {} };
  plane = await planeUnderTest({}, { blob }, { presignRead }, config);
  const { method = 'GET', headers = {} } = request;
  const reply = await plane.fastify.inject({ method, url: PATH, headers: { host: 'localhost', ...headers } });
  return { reply, asked };
}

describe('a direct download', () => {
  it('sends the client to the store, for a while, under headers that can not be changed', async () => {
    const { reply, asked } = await answerTo({}, ON);
    expect(reply.statusCode).toBe(307);
    expect(reply.headers).toMatchObject({
      location: 'https://store.test/bucket/key?signed',
      'docker-content-digest': DIGEST,
      'cache-control': 'no-store',
      'content-length': '0',
    });
    expect(asked).toEqual([
      {
        expiresInSeconds: 60,
        contentType: 'application/octet-stream',
        contentDisposition: `attachment; filename="${DIGEST.replace(':', '-')}"`,
      },
    ]);
  });

  it.each([
    ['switched off', {}, { directDownloads: [] }],
    ['switched on for the hosts of registries only', {}, { ...ON, directDownloads: ['private', 'public'] as const }],
    ['a HEAD', { method: 'HEAD' as const }, ON],
    ['a range', { headers: { range: 'bytes=0-1' } }, ON],
  ])('is not for %s: the gateway answers by itself', async (_, request, config) => {
    const { reply, asked } = await answerTo(request, config);
    expect([200, 206]).toContain(reply.statusCode);
    expect(reply.headers.location).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('is not for what the client has already', async () => {
    const { reply } = await answerTo({ headers: { 'if-none-match': `"${DIGEST}"` } }, ON);
    expect(reply.statusCode).toBe(304);
  });

  it('is streamed when the store can not hand the blob out as it is', async () => {
    const { reply } = await answerTo({}, ON, null);
    expect([reply.statusCode, reply.body]).toEqual([200, 'bytes']);
  });
});
