import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  type Fault,
  FaultProxy,
  hasMinio,
  type PassedRequest,
  type S3Server,
  startMinio,
  startSeaweedfs,
  TestBucket,
} from '@entrepot/testing';
import { append, bytesOf, freshKey, get, MIB, put, same } from '../conformance/subject.js';
import { BlobCorrupt, BlobMissing } from '../errors.js';
import { blobKey, IDENTITY_KEY } from '../keys.js';
import { S3BlobStore } from './s3.store.js';
import type { S3Options } from './s3-options.js';

jest.setTimeout(120_000);

const SERVERS = [['SeaweedFS', startSeaweedfs] as const, ...(hasMinio() ? [['MinIO', startMinio] as const] : [])];
const OURS = { installation: 'installation-1', incarnation: '1' };

const ABSENT: Fault = {
  kind: 'answer',
  status: 404,
  body: '<Error><Code>NoSuchKey</Code><Message>so</Message></Error>',
};
const EMPTY_LIST: Fault = {
  kind: 'answer',
  status: 200,
  body: '<ListResult><IsTruncated>false</IsTruncated></ListResult>',
};

const heads = ({ method, url }: PassedRequest): boolean => method === 'HEAD' && url.includes('/registries/');
const looks = ({ method, url }: PassedRequest): boolean => /GET|HEAD/.test(method) && url.includes('/registries/');
const lists = ({ method, url }: PassedRequest): boolean => method === 'GET' && /list-type|[?&]versions/.test(url);
const identities = ({ method, url }: PassedRequest): boolean => method === 'GET' && url.endsWith(IDENTITY_KEY);

/** Machines of one store that do not all know yet what one of them has taken. */
describe.each(SERVERS)('S3BlobStore and answers of %s that are out of date', (_name, start) => {
  let server: S3Server;
  let proxy: FaultProxy;
  const open = (options: { bucket: string } | { bucketPrefix: string }): Promise<S3BlobStore> => {
    const { accessKey, secretKey } = server;
    return S3BlobStore.open({ endpoint: proxy.endpoint, accessKey, secretKey, backoffMs: 10, ...options } as S3Options);
  };

  beforeAll(async () => {
    server = await start();
    proxy = await FaultProxy.start(server.endpoint);
  });

  afterEach(() => proxy.clear());

  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });

  describe('about one object', () => {
    const bytes = bytesOf(9 * MIB + 17, 5);
    let bucket: TestBucket;
    let store: S3BlobStore;
    let other: S3BlobStore;

    beforeAll(async () => {
      bucket = await TestBucket.make(server);
      store = await open({ bucket: bucket.name });
      other = await open({ bucket: bucket.name });
    });

    it.each<[string, Fault, number]>([
      // Each look that finds nothing is a HEAD and a GET.
      ['that it is not there', ABSENT, 4],
      ['of another size', { kind: 'change-answer', headers: { 'content-length': '5' } }, 2],
    ])('cost a commit nothing but another look, when two say %s', async (_what, fault, times) => {
      const key = freshKey();
      const { state } = await append(store, key, await store.begin(key), bytesOf(100));
      proxy.inject(fault, looks, times);
      const location = await other.commit(key, state);
      expect(same(await get(store, location), bytesOf(100))).toBe(true);
      await store.delete(location);
    });

    it.each<[string, Fault, unknown]>([
      ['that it is not there', ABSENT, BlobMissing],
      ['of another size', { kind: 'change-answer', headers: { 'content-length': '5' } }, BlobCorrupt],
    ])('are believed by a commit when all say %s, after three looks', async (_what, fault, type) => {
      const key = freshKey();
      const { state } = await append(store, key, await store.begin(key), bytesOf(100));
      proxy.clear();
      proxy.inject(fault, looks, Infinity);
      await expect(other.commit(key, state)).rejects.toBeInstanceOf(type);
      expect(proxy.requests.filter(heads)).toHaveLength(3);
    });

    it('cost an append nothing when the object that it made of parts is not there yet', async () => {
      proxy.inject(ABSENT, looks, 4);
      const location = await put(store, freshKey(), bytes);
      expect(same(await get(store, location), bytes)).toBe(true);
      await store.delete(location);
    });

    it('cost a read nothing when two say that it is not there, or is shorter, at its begin or in its middle', async () => {
      const location = await put(store, freshKey(), bytes);
      proxy.inject(ABSENT, looks, 2);
      expect(same(await get(store, location), bytes)).toBe(true);
      proxy.inject({ kind: 'cut-answer', after: 1_000_000 }, looks);
      proxy.inject(ABSENT, looks, 1);
      const body = '<Error><Code>InvalidRange</Code><Message>so</Message></Error>';
      proxy.inject({ kind: 'answer', status: 416, body }, looks, 1);
      expect(same(await get(store, location), bytes)).toBe(true);
      await store.delete(location);
    });

    it('are believed by a read when all say that it is not there, after three looks', async () => {
      const location = await put(store, freshKey(), bytes);
      proxy.clear();
      proxy.inject(ABSENT, looks, Infinity);
      await expect(store.read(location)).rejects.toBeInstanceOf(BlobMissing);
      expect(proxy.requests.filter(looks)).toHaveLength(3);
      proxy.clear();
      await store.delete(location);
    });
  });

  describe.each([false, true])('about what a bucket lists (versions: %s)', (versioning) => {
    it('let a delete and an abort forget no object that the rows know', async () => {
      const bucket = await TestBucket.make(server, { versioning });
      const store = await open({ bucket: bucket.name });
      const location = await put(store, freshKey(), bytesOf(100), bytesOf(9 * MIB));
      proxy.inject(EMPTY_LIST, lists);
      await store.delete(location);
      expect(await bucket.contents()).toEqual([]);
      const key = freshKey();
      const { state } = await append(store, key, await store.begin(key), bytesOf(100));
      proxy.inject(EMPTY_LIST, lists);
      await store.abort(key, state);
      expect(await bucket.contents()).toEqual([]);
    });
  });

  it('about its own record do not make a store one of nobody', async () => {
    const { name: bucket } = await TestBucket.make(server);
    const store = await open({ bucket });
    await store.writeIdentity(OURS);
    proxy.inject(ABSENT, identities, 2);
    expect(await store.identity()).toEqual(OURS);
  });

  it("about a bucket's record do not make it a stranger's", async () => {
    const bucketPrefix = 'stale-';
    const store = await open({ bucketPrefix });
    await store.writeIdentity(OURS);
    await store.prepareRegistry('r1');
    const again = await open({ bucketPrefix });
    proxy.inject(ABSENT, ({ url }) => url === `/stale-r1/${IDENTITY_KEY}`, 2);
    await put(again, blobKey({ registryId: 'r1', generation: 'g-aa' }), bytesOf(10));
    expect(proxy.requests.filter(({ url }) => url === `/stale-r1/${IDENTITY_KEY}`).length).toBeGreaterThan(2);
  });
});
