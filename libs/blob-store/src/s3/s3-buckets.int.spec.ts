import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FaultProxy, hasMinio, type S3Server, startMinio, startSeaweedfs, TestBucket } from '@entrepot/testing';
import { append, bytesOf, get, put, same } from '../conformance/subject.js';
import { BlobStoreUnavailable, ForeignBlobRecord } from '../errors.js';
import { blobKey, IDENTITY_KEY, registryPrefix } from '../keys.js';
import { S3BlobStore } from './s3.store.js';

jest.setTimeout(120_000);

const SERVERS = [['SeaweedFS', startSeaweedfs] as const, ...(hasMinio() ? [['MinIO', startMinio] as const] : [])];
const OURS = { installation: 'installation-1', incarnation: '1' };
const QUICK = { giveUpMs: 5_000 };

const keyIn = (registryId: string, generation: string): string => blobKey({ registryId, generation });

describe.each(SERVERS)('buckets of %s', (_name, start) => {
  let server: S3Server;

  beforeAll(async () => {
    server = await start();
  });

  afterAll(() => server.stop());

  async function refusal(promise: Promise<unknown>): Promise<string> {
    const reason: unknown = await promise.then(
      () => 'not refused',
      (error: unknown) => error,
    );
    expect(reason).toBeInstanceOf(BlobStoreUnavailable);
    return (reason as Error).message;
  }

  describe('that keep versions', () => {
    it('have nothing of a deleted blob left, not even a marker', async () => {
      const bucket = await TestBucket.make(server, { versioning: true });
      const store = await S3BlobStore.open({ ...server, ...QUICK, bucket: bucket.name });
      const location = await put(store, keyIn('r1', 'g-aa'), bytesOf(100), bytesOf(100));
      // What a tool that knows no versions leaves: a marker that hides an object.
      const [name = ''] = await bucket.contents();
      await bucket.client.removeObject(bucket.name, name);
      expect((await bucket.contents()).length).toBe(3);
      await store.delete(location);
      expect(await bucket.contents()).toEqual([]);
    });

    it('have nothing left although versions were switched on after the first delete', async () => {
      const bucket = await TestBucket.make(server);
      const store = await S3BlobStore.open({ ...server, ...QUICK, bucket: bucket.name });
      await store.delete(await put(store, keyIn('r1', 'g-aa'), bytesOf(100)));
      await bucket.client.setBucketVersioning(bucket.name, { Status: 'Enabled' });
      await store.delete(await put(store, keyIn('r1', 'g-bb'), bytesOf(100), bytesOf(100)));
      expect(await bucket.contents()).toEqual([]);
    });

    describe('and whose keys lack a right', () => {
      const denied = (code = 'AccessDenied'): string => `<Error><Code>${code}</Code><Message>no</Message></Error>`;
      let bucket: TestBucket;
      let proxy: FaultProxy;
      let store: S3BlobStore;

      const deny = (what: string): void => {
        const body = denied();
        proxy.inject(
          { kind: 'answer', status: 403, body },
          ({ url }) => new RegExp(`[?&]${what}\\b`).test(url),
          Infinity,
        );
      };

      beforeEach(async () => {
        bucket = await TestBucket.make(server, { versioning: true });
        proxy = await FaultProxy.start(server.endpoint);
        store = await S3BlobStore.open({ ...server, ...QUICK, endpoint: proxy.endpoint, bucket: bucket.name });
      });

      afterEach(() => proxy.stop());

      it('have nothing left where GetBucketVersioning is refused', async () => {
        deny('versioning');
        const key = keyIn('r1', 'g-aa');
        const location = await put(store, key, bytesOf(100), bytesOf(100));
        const [hidden = ''] = await bucket.contents();
        await bucket.client.removeObject(bucket.name, hidden);
        await store.delete(location);
        expect(await bucket.contents()).toEqual([]);
      });

      it('have nothing left of an append that failed when its upload is given up', async () => {
        deny('versioning');
        // Each try leaves a version.
        proxy.inject({ kind: 'lose-answer' }, ({ method }) => method === 'PUT', Infinity);
        const [key, state] = [keyIn('r1', 'g-aa'), { objects: [] }];
        expect(await refusal(append(store, key, state, bytesOf(100)))).toMatch(/be reached/);
        await store.abort(key, state);
        expect(await bucket.contents()).toEqual([]);
      });

      it('tell that ListBucketVersions is missing, and have nothing left once it is given', async () => {
        deny('versioning');
        deny('versions');
        const key = keyIn('r1', 'g-aa');
        const location = await put(store, key, bytesOf(100));
        const message = await refusal(store.delete(location));
        expect(message).toContain(`${key}.`);
        expect(message).toContain(bucket.name);
        expect(message).toMatch(/lacks the right s3:ListBucketVersions$/);
        proxy.clear();
        await store.delete(location);
        expect(await bucket.contents()).toEqual([]);
      });

      it('tell which object they may not delete, and that it may be the lock', async () => {
        const key = keyIn('r1', 'g-aa');
        const location = await put(store, key, bytesOf(100));
        const name = `${key}.0-0123456789abcdef`;
        const entry = `<Key>${name}</Key><VersionId>v-1</VersionId><Code>AccessDenied</Code><Message>no</Message>`;
        const body = `<DeleteResult><Error>${entry}</Error></DeleteResult>`;
        proxy.inject({ kind: 'answer', status: 200, body }, ({ url }) => url.includes('?delete'), 2);
        const object = `the object store does not let our access key delete version v-1 of ${name} in the bucket ${bucket.name}`;
        expect(await refusal(store.delete(location))).toBe(`${object}: it lacks the right s3:DeleteObjectVersion`);
        deny('retention');
        expect(await refusal(store.delete(location))).toMatch(
          /s3:DeleteObjectVersion, or object lock keeps it, which it may not see \(s3:GetObjectRetention or s3:GetObjectLegalHold\)$/,
        );
        proxy.clear();
        deny('delete');
        expect(await refusal(store.delete(location))).toMatch(
          /not allow our access key to delete .*g-aa\..* in the bucket test-.*: it lacks the right s3:DeleteObjectVersion$/,
        );
        proxy.clear();
        await store.delete(location);
        expect(await bucket.contents()).toEqual([]);
      });
    });
  });

  describe('that keep versions, during a push', () => {
    it('are not listed for an append that fails, and lose what it left when somebody tidies', async () => {
      const bucket = await TestBucket.make(server, { versioning: true });
      const proxy = await FaultProxy.start(server.endpoint);
      try {
        const store = await S3BlobStore.open({ ...server, ...QUICK, endpoint: proxy.endpoint, bucket: bucket.name });
        const key = keyIn('r1', 'g-failed');
        const { state } = await append(store, key, await store.begin(key), bytesOf(100));
        proxy.clear();
        // Its object is there, with a version, when the store says that it can't be.
        proxy.inject({ kind: 'change-answer', headers: { etag: '' } }, ({ method }) => method === 'PUT', 1_000);
        await expect(append(store, key, state, bytesOf(200))).rejects.toBeInstanceOf(BlobStoreUnavailable);
        expect(proxy.requests.filter(({ method, url }) => method === 'GET' && !url.endsWith('?versioning'))).toEqual(
          [],
        );
        proxy.clear();
        expect((await bucket.contents()).length).toBeGreaterThan(1);
        const location = await store.commit(key, state);
        await store.tidy(location);
        expect((await bucket.contents()).length).toBe(1);
        expect(same(await get(store, location), bytesOf(100))).toBe(true);
      } finally {
        await proxy.stop();
      }
    });
  });

  describe('that lock objects', () => {
    it('make a delete say which object is kept, and until when', async () => {
      const bucket = await TestBucket.make(server, { lockDays: 3 });
      const store = await S3BlobStore.open({ ...server, ...QUICK, bucket: bucket.name });
      await store.checkWritable();
      expect(await bucket.contents()).toEqual([]);
      await store.writeIdentity(OURS);
      await store.writeIdentity({ ...OURS, incarnation: '2' });
      expect(await store.identity()).toEqual({ ...OURS, incarnation: '2' });
      const key = keyIn('r1', 'g-aa');
      const location = await put(store, key, bytesOf(6 * 1024 * 1024), bytesOf(100));
      const until = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
      const message = await refusal(store.delete(location));
      expect(message).toContain(`${key}.`);
      expect(message).toContain(bucket.name);
      expect(message).toMatch(
        new RegExp(`object lock keeps .* until ${until}T.* \\(GOVERNANCE\\) and 1 more: it can't be deleted before`),
      );
      expect(same(await get(store, location, { start: 0, end: 99 }), bytesOf(6 * 1024 * 1024).subarray(0, 100))).toBe(
        true,
      );
    });
  });

  describe('of registries', () => {
    const open = (bucketPrefix: string): Promise<S3BlobStore> =>
      S3BlobStore.open({ ...server, ...QUICK, bucketPrefix });

    it('are made with the registry, carry the identity, and go with it', async () => {
      const store = await open('place-');
      await store.writeIdentity(OURS);
      await store.prepareRegistry('r1');
      await store.prepareRegistry('r1');
      const bucket = TestBucket.of(server, 'place-r1');
      expect(await bucket.contents()).toEqual([IDENTITY_KEY]);
      const location = await put(store, keyIn('r1', 'g-aa'), bytesOf(100));
      expect((await bucket.contents()).length).toBe(2);
      await store.removeRegistry('r1');
      await store.removeRegistry('r1');
      expect(await bucket.client.bucketExists('place-r1')).toBe(false);
      expect(await refusal((await open('place-')).read(location))).toMatch(/the bucket place-r1 does not exist/);
    });

    it('are made by many at once', async () => {
      const stores = await Promise.all(Array.from({ length: 8 }, () => open('crowd-')));
      await stores[0]?.writeIdentity(OURS);
      for (const id of ['r1', 'r2', 'r3']) await Promise.all(stores.map((store) => store.prepareRegistry(id)));
      expect(await TestBucket.of(server, 'crowd-r3').contents()).toEqual([IDENTITY_KEY]);
    });

    it('take a new incarnation when the store does', async () => {
      const store = await open('renew-');
      await store.writeIdentity(OURS);
      await store.prepareRegistry('r1');
      await store.writeIdentity({ ...OURS, incarnation: '2' });
      const record = await TestBucket.of(server, 'renew-r1').client.getObject('renew-r1', IDENTITY_KEY);
      expect(JSON.parse(Buffer.concat(await record.toArray()).toString())).toMatchObject({ ...OURS, incarnation: '2' });
      await put(store, keyIn('r1', 'g-aa'), bytesOf(10));
    });

    it('are left alone when they are of another installation, or of nobody we know', async () => {
      const theirs = await open('mine-too-');
      await theirs.writeIdentity({ installation: 'installation-2', incarnation: '1' });
      await theirs.prepareRegistry('r1');
      const stranger = TestBucket.of(server, 'mine-too-r2');
      await stranger.client.makeBucket('mine-too-r2');
      await stranger.client.putObject('mine-too-r2', 'photo.jpg', bytesOf(10));
      // The same prefix in the hands of another installation: its own record was replaced.
      await TestBucket.of(server, 'mine-too').client.removeObject('mine-too', IDENTITY_KEY);
      const record = JSON.stringify({ layout: 1, ...OURS });
      await stranger.client.putObject('mine-too', IDENTITY_KEY, record);
      const ours = await open('mine-too-');
      const key = keyIn('r1', 'g-aa');
      const sentence = /^the bucket mine-too-r1 belongs to another installation: it is left alone$/;
      expect(await refusal(ours.prepareRegistry('r1'))).toMatch(sentence);
      expect(await refusal(ours.begin(key))).toMatch(sentence);
      expect(await refusal(append(ours, key, { objects: [] }, bytesOf(1)))).toMatch(sentence);
      expect(await refusal(ours.deleteKey(key))).toMatch(sentence);
      expect(await refusal(ours.removeRegistry('r1'))).toMatch(sentence);
      expect(await refusal(ours.prepareRegistry('r2'))).toMatch(/mine-too-r2 holds what is not ours/);
      expect(await refusal(ours.removeRegistry('r2'))).toMatch(/mine-too-r2 has no record of whose it is/);
      expect((await stranger.contents()).length).toBe(1);
      // Its incarnation does not reach what is not ours either.
      await ours.writeIdentity({ ...OURS, incarnation: '9' });
      expect(await theirIdentity()).toMatchObject({ installation: 'installation-2', incarnation: '1' });

      async function theirIdentity(): Promise<unknown> {
        const found = await stranger.client.getObject('mine-too-r1', IDENTITY_KEY);
        return JSON.parse(Buffer.concat(await found.toArray()).toString());
      }
    });

    it('get the record of a store of nobody only when they hold its blobs, not because of their name', async () => {
      const store = await open('first-');
      await store.prepareRegistry('r1');
      await put(store, keyIn('r1', 'g-aa'), bytesOf(10));
      const logs = TestBucket.of(server, 'first-logs');
      await logs.client.makeBucket('first-logs');
      await logs.client.putObject('first-logs', 'today.txt', bytesOf(10));
      await store.writeIdentity(OURS);
      expect(await logs.contents()).toEqual(['today.txt']);
      expect(await TestBucket.of(server, 'first-r1').contents()).toContain(IDENTITY_KEY);
      await put(await open('first-'), keyIn('r1', 'g-bb'), bytesOf(10));
    });

    it('may stand beside one that our keys may not look into', async () => {
      await (await open('beside-')).prepareRegistry('r1');
      await TestBucket.of(server, 'beside-secret').client.makeBucket('beside-secret');
      const proxy = await FaultProxy.start(server.endpoint);
      try {
        const body = '<Error><Code>AccessDenied</Code><Message>no</Message></Error>';
        proxy.inject({ kind: 'answer', status: 403, body }, ({ url }) => url.startsWith('/beside-secret/'), Infinity);
        const store = await S3BlobStore.open({
          ...server,
          ...QUICK,
          endpoint: proxy.endpoint,
          bucketPrefix: 'beside-',
        });
        await store.writeIdentity(OURS);
        expect(await store.identity()).toEqual(OURS);
        for await (const write of store.listUnfinished('registries/')) throw new Error(`found ${write.key}`);
      } finally {
        await proxy.stop();
      }
    });

    it('are all listed although some refuse, which is told by name, or have vanished, which is not', async () => {
      const proxy = await FaultProxy.start(server.endpoint);
      try {
        const there = await open('some-');
        await there.writeIdentity(OURS);
        const ids = ['r1', 'r2', 'r3'];
        const keys = ids.map((id) => keyIn(id, 'g-aa'));
        for (const id of ids) await there.prepareRegistry(id);
        for (const key of keys) {
          const bucket = `some-${key.split('/')[1]}`;
          await put(there, key, bytesOf(10));
          await TestBucket.of(server, bucket).client.initiateNewMultipartUpload(
            bucket,
            `${key}.0-0123456789abcdef`,
            {},
          );
        }
        const store = await S3BlobStore.open({ ...server, ...QUICK, endpoint: proxy.endpoint, bucketPrefix: 'some-' });
        const fail = (bucket: string, status: number, code: string): void => {
          const body = `<Error><Code>${code}</Code><Message>no</Message></Error>`;
          const lists = ({ url }: { url: string }): boolean => new RegExp(`^/${bucket}/?\\?`).test(url);
          proxy.inject({ kind: 'answer', status, body }, lists, Infinity);
        };
        fail('some-r1', 403, 'AccessDenied');
        fail('some-r2', 404, 'NoSuchBucket');
        const names = /^what is in the buckets some-r1 could not be listed: .* not allow our access key .* some-r1$/;
        expect(await toldBy(store.listUnfinished('registries/'))).toEqual([[keys[2]], expect.stringMatching(names)]);
        expect(await toldBy(store.listKeys('registries/'))).toEqual([[keys[2]], expect.stringMatching(names)]);
        expect(await toldBy(store.listKeys(registryPrefix('r2')))).toEqual([[], null]);
        proxy.clear();
        fail('some', 404, 'NoSuchBucket');
        expect(await toldBy(store.listKeys('registries/'))).toEqual([
          keys,
          expect.stringMatching(/^what is in the buckets some could not be listed: the bucket some does not exist$/),
        ]);
      } finally {
        await proxy.stop();
      }

      async function toldBy(entries: AsyncIterable<string | { key: string }>): Promise<[string[], string | null]> {
        const found: string[] = [];
        try {
          for await (const entry of entries) found.push(typeof entry === 'string' ? entry : entry.key);
        } catch (error) {
          expect(error).toBeInstanceOf(BlobStoreUnavailable);
          return [found, (error as Error).message];
        }
        return [found, null];
      }
    });

    it('need a name that S3 takes', async () => {
      const store = await open('place-');
      await expect(store.prepareRegistry('x'.repeat(80))).rejects.toBeInstanceOf(RangeError);
      await expect(store.prepareRegistry('../x')).rejects.toBeInstanceOf(RangeError);
    });
  });

  describe('shared by registries', () => {
    it('lose with a registry what is below its prefix, and nothing else', async () => {
      const bucket = await TestBucket.make(server);
      const store = await S3BlobStore.open({ ...server, ...QUICK, bucket: bucket.name });
      await store.writeIdentity(OURS);
      await store.prepareRegistry('r1');
      await put(store, keyIn('r1', 'g-aa'), bytesOf(10));
      const other = await put(store, keyIn('r1-more', 'g-aa'), bytesOf(10));
      await store.removeRegistry('r1');
      expect((await bucket.contents()).filter((name) => name.startsWith(registryPrefix('r1')))).toEqual([]);
      expect(same(await get(store, other), bytesOf(10))).toBe(true);
      expect(await store.identity()).toEqual(OURS);
    });
  });

  it.each([
    [{}],
    [{ objects: 'none' }],
    [{ objects: [null] }],
    [{ objects: [{ id: '../../evil', size: 1 }] }],
    [{ objects: [{ id: '0-0123456789abcdef', size: -1 }] }],
    [{ parts: [{ id: '0', size: 1 }], size: 1 }],
  ])('refuse %j, which is no state of this driver', async (state) => {
    const bucket = await TestBucket.make(server);
    const store = await S3BlobStore.open({ ...server, ...QUICK, bucket: bucket.name });
    const key = keyIn('r1', 'g-aa');
    await expect(append(store, key, state, bytesOf(1))).rejects.toBeInstanceOf(ForeignBlobRecord);
    await expect(store.commit(key, state)).rejects.toBeInstanceOf(ForeignBlobRecord);
    await expect(store.delete({ key, ...state })).rejects.toBeInstanceOf(ForeignBlobRecord);
  });
});
