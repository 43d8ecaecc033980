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
import { setTimeout as delay } from 'node:timers/promises';
import { append, bytesOf, freshKey, get, getState, MIB, put, same, sourceOf } from '../conformance/subject.js';
import { BlobCorrupt, BlobStoreUnavailable, DiskFull } from '../errors.js';
import type { BlobLocation } from '../port.js';
import { S3BlobStore } from './s3.store.js';
import type { S3Options } from './s3-options.js';

jest.setTimeout(120_000);

const SERVERS = [['SeaweedFS', startSeaweedfs] as const, ...(hasMinio() ? [['MinIO', startMinio] as const] : [])];
/** A deadline for one request that a test can wait for; tries go on for so long that a busy machine is no failure. */
const PATIENT = { silenceMs: 3_000, giveUpMs: 60_000, backoffMs: 10 };
/** For what must fail in the end. */
const HASTY = { silenceMs: 1_500, giveUpMs: 4_000, backoffMs: 10 };

const puts = ({ method, url }: PassedRequest): boolean => method === 'PUT' && !url.includes('partNumber');
const parts = ({ method, url }: PassedRequest): boolean => method === 'PUT' && url.includes('partNumber');
const begins = ({ method, url }: PassedRequest): boolean => method === 'POST' && url.endsWith('?uploads');
const ends = ({ method, url }: PassedRequest): boolean => method === 'POST' && url.includes('uploadId');
/** Slow, but within the deadline. */
const LATE: Fault = { kind: 'delay', ms: 500 };
/** Done, but told when nobody waits for it any more. */
const TOO_LATE: Fault = { kind: 'delay', ms: PATIENT.silenceMs + 1_000 };

const gets = ({ method }: PassedRequest): boolean => method === 'GET';
const all = (): boolean => true;

const errorBody = (code: string): string =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>so</Message></Error>`;
const answerOf = (status: number, body: string): Fault => ({ kind: 'answer', status, body });
const answer = (status: number, code: string): Fault => answerOf(status, errorBody(code));
const SLOW_DOWN = answer(503, 'SlowDown');

/** The faults are the proxy's: one server meets those of writing, the other those of reading, which saves minutes. */
const [WRITTEN, READ] = [SERVERS.at(-1)![0], SERVERS[0]![0]];

describe.each(SERVERS)('S3BlobStore between faults and %s', (name, start) => {
  let server: S3Server;
  let bucket: TestBucket;
  let proxy: FaultProxy;
  let store: S3BlobStore;
  let hasty: S3BlobStore;
  const open = (options: Partial<S3Options> = {}): Promise<S3BlobStore> => {
    const { accessKey, secretKey } = server;
    const all = { endpoint: proxy.endpoint, accessKey, secretKey, bucket: bucket.name, ...PATIENT, ...options };
    return S3BlobStore.open(all as S3Options);
  };

  beforeAll(async () => {
    server = await start();
    bucket = await TestBucket.make(server);
    proxy = await FaultProxy.start(server.endpoint);
    store = await open();
    hasty = await open(HASTY);
  });

  afterEach(async () => {
    proxy.clear();
    const left = await bucket.contents();
    await bucket.empty();
    expect(left).toEqual([]);
  });

  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });

  async function failureOf(promise: Promise<unknown>): Promise<Error & { retryable?: boolean }> {
    return promise.then(
      () => new Error('nothing failed'),
      (reason: unknown) => reason as Error,
    );
  }

  if (name === WRITTEN)
    describe('writing', () => {
      it.each<[string, Fault, (request: PassedRequest) => boolean, number]>([
        ['500 to a small object', answer(500, 'InternalError'), puts, 1],
        ['503 to a small object, thrice', SLOW_DOWN, puts, 3],
        ['502 of a balancer, without a code', { kind: 'answer', status: 502, body: '<html>' }, puts, 1],
        ['no answer to a small object', { kind: 'silence' }, puts, 1],
        ['no answer to a part', { kind: 'silence' }, parts, 1],
        ['503 to a part, thrice', SLOW_DOWN, parts, 3],
        ['503 to the begin of an upload', SLOW_DOWN, begins, 2],
        ['500 to the end of an upload', answer(500, 'InternalError'), ends, 1],
        ['an error in the body of a 200 to the end of an upload', answer(200, 'InternalError'), ends, 1],
        ['a lost answer to a small object', { kind: 'lose-answer' }, puts, 1],
        ['a lost answer to a part', { kind: 'lose-answer' }, parts, 2],
        ['a lost answer to the end of an upload', { kind: 'lose-answer' }, ends, 1],
        ['late answers to everything', LATE, all, 10],
        ['an answer to a small object that comes too late', TOO_LATE, puts, 1],
        ['an answer to a part that comes too late', TOO_LATE, parts, 1],
        ['an answer to the begin of an upload that comes too late', TOO_LATE, begins, 1],
        ['a bit that flips in a small object', { kind: 'corrupt-request' }, puts, 1],
        ['a bit that flips in a part', { kind: 'corrupt-request' }, parts, 1],
        [
          'another checksum than was sent',
          { kind: 'change-answer', headers: { 'x-amz-checksum-crc32': 'AAAAAA==' } },
          parts,
          1,
        ],
      ])('survives %s', async (_what, fault, matches, times) => {
        const key = freshKey();
        const begun = await store.begin(key);
        proxy.inject(fault, matches, times);
        const small = await append(store, key, begun, bytesOf(70_000));
        const large = await append(store, key, small.state, bytesOf(18 * MIB, 2));
        const expected = Buffer.concat([bytesOf(70_000), bytesOf(18 * MIB, 2)]);
        expect(same(await getState(store, key, large.state), expected)).toBe(true);
        expect(same(await get(store, await store.commit(key, large.state)), expected)).toBe(true);
        await store.deleteKey(key);
      });

      it.each<[string, Fault, (request: PassedRequest) => boolean]>([
        ['503 for ever', SLOW_DOWN, ({ method }) => method === 'PUT'],
        ['silence for ever', { kind: 'silence' }, ({ method }) => method === 'PUT'],
        [
          'a wrong ETag of a part',
          { kind: 'change-answer', headers: { etag: '"0123456789abcdef0123456789abcdef"' } },
          parts,
        ],
      ])(
        'gives up after %s, keeps the state, gives all memory back and leaves nothing',
        async (_what, fault, matches) => {
          const key = freshKey();
          const { state } = await append(store, key, await store.begin(key), bytesOf(100));
          const released: unknown[] = [];
          const seen: unknown[] = [];
          proxy.inject(fault, matches, 1_000);
          const since = Date.now();
          const appended = hasty.append(key, state, sourceOf(bytesOf(40 * MIB)), {
            limit: 64 * MIB,
            onChunk: (chunk) => seen.push(chunk),
            onReleased: (chunk) => released.push(chunk),
          });
          const reason = await failureOf(appended);
          expect(reason).toBeInstanceOf(BlobStoreUnavailable);
          expect(reason.retryable).toBe(true);
          expect(Date.now() - since).toBeLessThan(60_000);
          expect(released).toEqual(seen);
          proxy.clear();
          expect(same(await getState(store, key, state), bytesOf(100))).toBe(true);
          await store.deleteKey(key);
        },
      );

      it.each<[string, Fault]>([
        ['late', LATE],
        ['too late', TOO_LATE],
      ])('makes one object, once, of an upload whose end was done while its answer was %s', async (_how, fault) => {
        const versioned = await TestBucket.make(server, { versioning: true });
        const itsStore = await open({ bucket: versioned.name });
        const bytes = bytesOf(18 * MIB, 3);
        proxy.inject(fault, ends);
        const location = await put(itsStore, freshKey(), bytes);
        expect(proxy.requests.filter(ends)).toHaveLength(fault === LATE ? 1 : 2);
        expect(await versioned.contents()).toHaveLength(1);
        expect(same(await get(itsStore, location), bytes)).toBe(true);
        await itsStore.delete(location);
        expect(await versioned.contents()).toEqual([]);
      });

      it('tidies away an upload that was begun twice because the first answer came too late', async () => {
        proxy.inject(TOO_LATE, begins);
        const bytes = bytesOf(9 * MIB, 3);
        const location = await put(store, freshKey(), bytes);
        expect(await bucket.contents()).toHaveLength(2);
        await store.tidy(location);
        expect(await bucket.contents()).toHaveLength(1);
        expect(same(await get(store, location), bytes)).toBe(true);
        await store.delete(location);
      });

      it('gives up on a store that is always too slow, within the time that it may take', async () => {
        const key = freshKey();
        proxy.inject({ kind: 'delay', ms: 30_000 }, puts, Infinity);
        const since = performance.now();
        const reason = await failureOf(append(hasty, key, await hasty.begin(key), bytesOf(100)));
        // The last try may begin just before the time is over; the rest is for a busy machine.
        expect(performance.now() - since).toBeLessThan(HASTY.giveUpMs + HASTY.silenceMs + 3_000);
        expect(reason).toBeInstanceOf(BlobStoreUnavailable);
        expect(reason.message).toMatch(/does not answer: no byte came or went for 1500 ms/);
        expect(reason.retryable).toBe(true);
      });

      it.each([
        [403, 'AccessDenied', BlobStoreUnavailable, /does not allow our access key/],
        [403, 'InvalidAccessKeyId', BlobStoreUnavailable, /does not accept the access key/],
        [404, 'NoSuchBucket', BlobStoreUnavailable, /the bucket test-[0-9a-f]+ does not exist/],
        [507, 'XMinioStorageFull', DiskFull, /no room is left/],
      ])('says at once what %i %s means, and works again when it is over', async (status, code, type, sentence) => {
        const key = freshKey();
        const state = await store.begin(key);
        proxy.inject(answer(status, code), puts);
        const reason = await failureOf(append(store, key, state, bytesOf(100)));
        expect(reason).toBeInstanceOf(type);
        expect(reason.message).toMatch(sentence);
        expect(reason.retryable).toBe(false);
        await append(store, key, state, bytesOf(100));
        await store.deleteKey(key);
      });

      it.each<[string, (request: PassedRequest) => boolean]>([
        ['the begin of an upload', begins],
        ['a part', parts],
        ['a later part', ({ url }) => url.includes('partNumber=2')],
        ['the end of an upload', ends],
      ])('says that no room is left when %s is refused, keeps the state and leaves nothing', async (_what, matches) => {
        const key = freshKey();
        const { state } = await append(store, key, await store.begin(key), bytesOf(100));
        const before = await bucket.contents();
        proxy.clear();
        proxy.inject(answer(507, 'XMinioStorageFull'), matches, Infinity);
        const reason = await failureOf(append(store, key, state, bytesOf(18 * MIB)));
        expect(reason).toBeInstanceOf(DiskFull);
        expect(reason.message).toBe('no room is left in the object store');
        expect(reason.retryable).toBe(false);
        // Another try takes no room either.
        const refused = proxy.requests.filter(matches).map(({ url }) => url);
        expect(refused).toEqual([...new Set(refused)]);
        expect(await bucket.contents()).toEqual(before);
        proxy.clear();
        const { state: after } = await append(store, key, state, bytesOf(18 * MIB));
        expect(same(await getState(store, key, after), Buffer.concat([bytesOf(100), bytesOf(18 * MIB)]))).toBe(true);
        await store.deleteKey(key);
      });

      it('says that no room is left when the end of an upload finds it out after its 200', async () => {
        const key = freshKey();
        const state = await store.begin(key);
        proxy.inject(answer(200, 'XMinioStorageFull'), ends, Infinity);
        expect(await failureOf(append(store, key, state, bytesOf(18 * MIB)))).toBeInstanceOf(DiskFull);
        expect(await bucket.contents()).toEqual([]);
      });

      it('says that no room is left also when only the status tells it', async () => {
        const key = freshKey();
        proxy.inject({ kind: 'answer', status: 507, body: '<html>full</html>' }, parts, Infinity);
        expect(await failureOf(append(store, key, await store.begin(key), bytesOf(18 * MIB)))).toBeInstanceOf(DiskFull);
      });

      it('lets uploads share the memory of parts without waiting for each other for ever', async () => {
        const tight = await open({ partMemoryBytes: 24 * MIB });
        const uploads = Array.from({ length: 8 }, async (_, index) => {
          const bytes = bytesOf(11 * MIB, index + 1);
          const location = await put(tight, freshKey(), bytes);
          expect(same(await get(tight, location), bytes)).toBe(true);
          await tight.delete(location);
        });
        await Promise.all(uploads);
      });
    });

  if (name === READ)
    describe('reading', () => {
      const bytes = bytesOf(9 * MIB + 17, 5);
      let location: BlobLocation;

      const stored = async (): Promise<void> => {
        location = await put(store, freshKey(), bytes);
        proxy.clear();
      };
      const gone = async (): Promise<void> => {
        proxy.clear();
        await store.delete(location);
      };

      it.each<[string, Fault, number]>([
        ['500', answer(500, 'InternalError'), 1],
        ['503, thrice', SLOW_DOWN, 3],
        ['no answer', { kind: 'silence' }, 1],
        ['a late answer', LATE, 1],
        ['an answer that comes too late', TOO_LATE, 1],
        ['a connection cut before the body', { kind: 'cut-answer', after: 0 }, 1],
        ['connections cut again and again', { kind: 'cut-answer', after: 300_001 }, 20],
        ['a body that stalls', { kind: 'stall-answer', after: 1_000_000 }, 1],
        ['a short body whose length agrees', { kind: 'shorten-answer', to: 1_000_000 }, 1],
        ['a range that was not asked for', { kind: 'change-answer', headers: { 'content-range': 'bytes 5-9/10' } }, 2],
        ["another object's bytes", { kind: 'answer', status: 200, body: bytesOf(1_000) }, 2],
        ['an empty answer', { kind: 'answer', status: 204 }, 1],
      ])('survives %s', async (_what, fault, times) => {
        await stored();
        proxy.inject(fault, gets, times);
        expect(same(await get(store, location), bytes)).toBe(true);
        proxy.inject(fault, gets, times);
        const range = { start: 17, end: 5 * MIB };
        expect(same(await get(store, location, range), bytes.subarray(17, 5 * MIB + 1))).toBe(true);
        await gone();
      });

      it.each<[string, Fault, unknown]>([
        ['are always too short', { kind: 'shorten-answer', to: 1_000_000 }, BlobCorrupt],
        ["are always another object's", { kind: 'answer', status: 200, body: bytesOf(1_000) }, BlobCorrupt],
        [
          'are always of another range',
          { kind: 'change-answer', headers: { 'content-range': 'bytes 5-9/10' } },
          BlobCorrupt,
        ],
        ['never come', { kind: 'cut-answer', after: 0 }, BlobStoreUnavailable],
        ['are refused', SLOW_DOWN, BlobStoreUnavailable],
      ])('fails rather than end early when bytes %s', async (_what, fault, type) => {
        await stored();
        proxy.inject(fault, gets, 10_000);
        const since = Date.now();
        expect(await failureOf(get(hasty, location))).toBeInstanceOf(type);
        expect(Date.now() - since).toBeLessThan(60_000);
        await gone();
      });

      it.each([
        ['a page', answerOf(404, '<html>no such service</html>')],
        ['nothing', answerOf(404, '')],
      ])(
        'takes a 404 with %s, as balancers send it for want of a server, for no word about what is stored',
        async (_, fault) => {
          const empty = await put(store, freshKey());
          await stored();
          proxy.inject(fault, all, 10_000);
          for (const asked of [get(hasty, location), get(hasty, empty), hasty.identity()]) {
            const reason = await failureOf(asked);
            expect(reason).toBeInstanceOf(BlobStoreUnavailable);
            expect(reason.message).toMatch(/404 without a code of S3/);
          }
          proxy.clear();
          await store.delete(empty);
          await gone();
        },
      );

      it('does not join the bytes of two objects when one is replaced in the middle of a read', async () => {
        await stored();
        proxy.inject({ kind: 'cut-answer', after: 1_000_000 }, gets);
        const stream = await store.read(location);
        const [name = ''] = await bucket.contents();
        await bucket.client.putObject(bucket.name, name, bytesOf(bytes.length, 6), bytes.length);
        const reason = await failureOf(stream.toArray());
        expect(reason).toBeInstanceOf(BlobCorrupt);
        expect(reason.message).toMatch(/replaced/);
        await gone();
      });

      it('closes its connection when the reader leaves', async () => {
        await stored();
        const stream = await store.read(location);
        stream.read(1);
        expect(proxy.underWay).toBe(1);
        stream.destroy();
        for (let tries = 0; proxy.underWay > 0 && tries < 100; tries++) await delay(20);
        expect(proxy.underWay).toBe(0);
        await gone();
      });

      it('goes on for a reader that was away for longer than the connection may be silent', async () => {
        await stored();
        const stream = await store.read(location);
        const first = await new Promise<Buffer>((resolve) =>
          stream.once('readable', () => resolve(stream.read() as Buffer)),
        );
        await delay(PATIENT.silenceMs * 2);
        const rest = (await stream.toArray()) as Buffer[];
        expect(same(Buffer.concat([first, ...rest]), bytes)).toBe(true);
        await gone();
      });
    });

  describe('the requests that it makes', () => {
    const lists = ({ url }: PassedRequest): boolean => /list-type|versions|\?uploads=?&|prefix=/.test(url);

    it('commits what came in one stream without a request, whatever the size, and with one in another process', async () => {
      const other = await open();
      for (const size of [1, 30 * MIB]) {
        const key = freshKey();
        const { state } = await append(store, key, await store.begin(key), bytesOf(size));
        proxy.clear();
        await store.commit(key, state);
        expect(proxy.requests).toEqual([]);
        await other.commit(key, state);
        expect(proxy.requests.map(({ method }) => method)).toEqual(['HEAD']);
        await store.deleteKey(key);
      }
    });

    it('makes as many requests after the last byte of 256 MiB as of 16, in the append and the commit', async () => {
      const piece = bytesOf(MIB);
      const after = async (size: number) => {
        const key = freshKey();
        let ended = 0;
        async function* source(): AsyncGenerator<Buffer> {
          for (let sent = 0; sent < size; sent += MIB) yield piece;
          // What is full is on its way by then, but for what waits for a part before it.
          for (let seen = -1; seen !== proxy.requests.length || proxy.underWay > 0; await delay(100)) {
            seen = proxy.requests.length;
          }
          ended = proxy.requests.length;
        }
        proxy.clear();
        const { state, written } = await store.append(key, await store.begin(key), source(), { limit: size });
        const location = await store.commit(key, state);
        const requests = proxy.requests.slice(ended).map(({ method }) => method);
        await store.delete(location);
        return { requests, bytes: written };
      };
      const [small, large] = [await after(16 * MIB), await after(256 * MIB)];
      expect([small.bytes, large.bytes]).toEqual([16 * MIB, 256 * MIB]);
      // The end of the upload in parts, and a look at what it made.
      expect([small.requests, large.requests]).toEqual([
        ['POST', 'HEAD'],
        ['POST', 'HEAD'],
      ]);
    });

    it('lists nothing and copies nothing while it writes, commits and reads', async () => {
      const key = freshKey();
      proxy.clear();
      const location = await put(store, key, bytesOf(100), bytesOf(20 * MIB), bytesOf(100));
      await get(store, location);
      expect(proxy.requests.filter(lists)).toEqual([]);
      await store.delete(location);
      expect(proxy.requests.filter(lists).length).toBeGreaterThan(0);
    });

    it('makes few objects of many small chunks, and writes each byte a few times at most', async () => {
      const key = freshKey();
      const chunk = 64 * 1024;
      const count = 200;
      let state = await store.begin(key);
      for (let i = 0; i < count; i++) ({ state } = await append(store, key, state, bytesOf(chunk, i + 1)));
      const expected = Buffer.concat(Array.from({ length: count }, (_, i) => bytesOf(chunk, i + 1)));
      const location = await store.commit(key, state);
      expect((location['objects'] as unknown[]).length).toBeLessThan(20);
      expect(same(await get(store, location), expected)).toBe(true);
      const before = (await bucket.contents()).length;
      await store.tidy(location);
      expect((await bucket.contents()).length).toBeLessThan(before);
      expect(same(await get(store, location), expected)).toBe(true);
      await store.delete(location);
    });
  });

  describe('opening', () => {
    it.each<[string, Partial<S3Options>, RegExp]>([
      ['the secret key is wrong', { secretKey: 'a-wrong-secret' }, /does not accept the access key/],
      ['the access key is unknown', { accessKey: 'a-stranger' }, /does not accept the access key/],
      ['the bucket is not there', { bucket: 'not-there' }, /the bucket not-there does not exist/],
      ['nobody listens', { endpoint: 'http://127.0.0.1:1', giveUpMs: 100 }, /can't be reached: .*ECONNREFUSED/],
    ])('says in one sentence that %s', async (_what, options, sentence) => {
      const reason = await failureOf(open(options));
      expect(reason).toBeInstanceOf(BlobStoreUnavailable);
      expect(reason.message).toMatch(sentence);
      expect(reason.message).not.toMatch(/\n|-secret/);
    });

    it('says that the clocks differ', async () => {
      const past = new Date(Date.now() - 3_600_000).toISOString().replaceAll(/[-:]|\.\d+/g, '');
      proxy.inject({ kind: 'change-request', headers: { 'x-amz-date': past } }, all, 100);
      const reason = await failureOf(open());
      expect(reason).toBeInstanceOf(BlobStoreUnavailable);
      expect(reason.message).toMatch(
        /^the clocks of this machine \(.*GMT\) and of the object store \(.*GMT\) are too far/,
      );
      expect(reason.retryable).toBe(false);
    });

    it('shows no key in any error, nor in what caused it', async () => {
      proxy.inject(answer(403, 'SignatureDoesNotMatch'), all, 100);
      const reason = await failureOf(open());
      const shown = JSON.stringify([reason, reason.cause, String(reason.stack), Object.entries(reason)]);
      expect(shown).not.toContain(server.secretKey);
      expect(shown).not.toMatch(/Signature=|AWS4-HMAC/);
    });
  });
});
