import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { planeUnderTest } from '../spec/plane-under-test.js';

const UPLOAD = '/v2/demo/apps/x/blobs/uploads/01a1';
const MANIFEST = '/v2/demo/apps/x/manifests/1';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const SUBJECT = `/v2/demo/apps/x/referrers/${DIGEST}`;
const headers = { host: 'localhost' };

const claim = () => ({ uploadId: '01a1', revision: 1, offset: 0, key: 'k', state: null, algorithm: 'sha256' });
const uploads = { 'catalog.upload.claim.v1': claim };
const codeOf = (body: string) => (JSON.parse(body) as { errors: { code: string }[] }).errors[0]?.code;

/** A body without a length, as chunked transfer brings it. */
const chunked = (text: string) => Readable.from([Buffer.from(text)]);

describe('a chunk without a length', () => {
  it.each(['0-1', '0-100'])('of 3 bytes is refused when Content-Range says %s, and moves nothing', async (range) => {
    const { fastify, asked } = await planeUnderTest(uploads);
    const reply = await fastify.inject({
      method: 'PATCH',
      url: UPLOAD,
      headers: { ...headers, 'content-range': range, 'transfer-encoding': 'chunked' },
      payload: chunked('abc'),
    });
    expect([reply.statusCode, codeOf(reply.body)]).toEqual([400, 'SIZE_INVALID']);
    expect(asked.map(({ subject }) => subject)).toEqual(['catalog.upload.claim.v1']);
  });

  it('is taken when it is as long as Content-Range says', async () => {
    const { fastify, asked } = await planeUnderTest(uploads);
    const reply = await fastify.inject({
      method: 'PATCH',
      url: UPLOAD,
      headers: { ...headers, 'content-range': '0-2', 'transfer-encoding': 'chunked' },
      payload: chunked('abc'),
    });
    expect([reply.statusCode, reply.headers['range']]).toEqual([202, '0-2']);
    expect(asked.at(-1)).toMatchObject({ subject: 'catalog.upload.advance.v1', request: { offset: 3 } });
  });
});

describe('what no service could take', () => {
  it.each(['GET', 'PATCH', 'DELETE'] as const)('as an upload id is unknown to %s', async (method) => {
    const { fastify, asked } = await planeUnderTest(uploads);
    const reply = await fastify.inject({ method, url: `/v2/demo/apps/x/blobs/uploads/${'a'.repeat(65)}`, headers });
    expect([reply.statusCode, codeOf(reply.body), asked]).toEqual([404, 'BLOB_UPLOAD_UNKNOWN', []]);
  });

  it('as a Content-Type is refused', async () => {
    const { fastify, asked } = await planeUnderTest();
    const type = `application/${'a'.repeat(300)}`;
    const reply = await fastify.inject({
      method: 'PUT',
      url: MANIFEST,
      headers: { ...headers, 'content-type': type },
      payload: '{}',
    });
    expect([reply.statusCode, codeOf(reply.body), asked]).toEqual([400, 'MANIFEST_INVALID', []]);
  });

  it('as a number of tags is refused, the one in the path counted', async () => {
    const { fastify, asked } = await planeUnderTest();
    const tags = Array.from({ length: 100 }, (_, i) => `tag=t${i}`).join('&');
    const reply = await fastify.inject({ method: 'PUT', url: `${MANIFEST}?${tags}`, headers, payload: '{}' });
    expect([reply.statusCode, codeOf(reply.body), asked]).toEqual([414, 'UNSUPPORTED', []]);
  });

  it.each([
    ['/v2/demo/apps/x/tags/list', 'catalog.tag.list.v1', { tags: [], more: false }],
    ['/v2/_catalog', 'catalog.image.list.v1', { images: [], more: false }],
  ])('as a cursor of %s is cut at its NUL', async (url, subject, page) => {
    const { fastify, asked } = await planeUnderTest({ [subject]: () => page });
    const reply = await fastify.inject({ url: `${url}?last=a%00b`, headers });
    expect([reply.statusCode, asked]).toEqual([200, [{ subject, request: expect.objectContaining({ after: 'a' }) }]]);
  });

  it.each(['a%00b', 'a'.repeat(128), `a/${'b'.repeat(128)}`])(
    'as an artifact type has no referrers (%s)',
    async (type) => {
      const { fastify, asked } = await planeUnderTest();
      const reply = await fastify.inject({ url: `${SUBJECT}?artifactType=${type}`, headers });
      expect([reply.statusCode, reply.json<{ manifests: [] }>().manifests, asked]).toEqual([200, [], []]);
    },
  );
});

it('a range of which a blob has no byte is answered with its size, and with no code that speaks of uploads', async () => {
  const { fastify } = await planeUnderTest({}, { blob: { digest: DIGEST, size: 5, location: {} } });
  const url = `/v2/demo/apps/x/blobs/${DIGEST}`;
  const reply = await fastify.inject({ url, headers: { ...headers, range: 'bytes=5-' } });
  expect([reply.statusCode, reply.headers['content-range'], codeOf(reply.body)]).toEqual([
    416,
    'bytes */5',
    'UNSUPPORTED',
  ]);
});

it('a method that an endpoint has not is answered with those it has', async () => {
  const { fastify } = await planeUnderTest();
  const reply = await fastify.inject({ method: 'POST', url: MANIFEST, headers });
  expect([reply.statusCode, reply.headers['allow']]).toEqual([405, 'GET, HEAD, PUT, DELETE']);
});

it('an answer that was cut off is not recorded as one that was given', async () => {
  const facts = { blob: { digest: DIGEST, size: 5, location: {} } };
  const openPump = async () => () => Promise.reject(new Error('the disk is gone'));
  const { fastify, records } = await planeUnderTest({}, facts, { openPump });
  await fastify.inject({ url: `/v2/demo/apps/x/blobs/${DIGEST}`, headers }).catch(() => undefined);
  await setImmediate();
  expect(records).toMatchObject([{ status: 200, outcome: 'aborted' }]);
});

it('each answer of a draining server ends its connection', async () => {
  const plane = await planeUnderTest();
  const before = await plane.fastify.inject({ url: '/v2/', headers });
  plane.draining = true;
  const after = await plane.fastify.inject({ url: '/v2/', headers });
  expect([before.headers['connection'], after.headers['connection']]).toEqual(['keep-alive', 'close']);
});
