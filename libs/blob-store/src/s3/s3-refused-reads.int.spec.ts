import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FaultProxy, type S3Server, startSeaweedfs, TestBucket } from '@entrepot/testing';
import { bytesOf, freshKey, get, MIB, put } from '../conformance/subject.js';
import { BlobStoreUnavailable } from '../errors.js';
import { S3BlobStore } from './s3.store.js';

/** More than one request of a read takes, so that it can be refused in the middle. */
const bytes = bytesOf(9 * MIB + 17, 7);

describe('a read that the object store refuses', () => {
  let server: S3Server;
  let proxy: FaultProxy;
  let store: S3BlobStore;

  beforeAll(async () => {
    server = await startSeaweedfs();
    const bucket = await TestBucket.make(server);
    proxy = await FaultProxy.start(server.endpoint);
    const { accessKey, secretKey } = server;
    const patience = { silenceMs: 3_000, giveUpMs: 60_000, backoffMs: 10 };
    store = await S3BlobStore.open({
      endpoint: proxy.endpoint,
      accessKey,
      secretKey,
      bucket: bucket.name,
      ...patience,
    });
  });
  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });

  it.each([
    [403, 'AccessDenied', /does not allow our access key to do this in the bucket/],
    [403, 'InvalidAccessKeyId', /does not accept the access key and its secret/],
    [404, 'NoSuchBucket', /the bucket .+ does not exist/],
  ])('with %d %s fails at once, says so, and is no sign of lost bytes', async (status, code, sentence) => {
    const location = await put(store, freshKey(), bytes);
    const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>so</Message></Error>`;
    proxy.clear();
    proxy.inject({ kind: 'answer', status, body }, ({ method }) => method === 'GET', Infinity);
    const error = await get(store, location).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BlobStoreUnavailable);
    expect(error).toMatchObject({ retryable: false, message: expect.stringMatching(sentence) });
    // Nobody asks again what somebody has to change first: what was asked for ahead is all.
    expect(proxy.requests.length).toBeLessThanOrEqual(4);
    proxy.clear();
    expect((await get(store, location)).equals(bytes)).toBe(true);
  });

  it('in its middle fails rather than end early', async () => {
    const location = await put(store, freshKey(), bytes);
    let asked = 0;
    proxy.inject({ kind: 'cut-answer', after: 300_000 }, ({ method }) => method === 'GET' && asked++ === 0, 1);
    proxy.inject({ kind: 'answer', status: 403 }, ({ method }) => method === 'GET', Infinity);
    await expect(get(store, location)).rejects.toThrow(/does not allow our access key/);
    proxy.clear();
  });
});
