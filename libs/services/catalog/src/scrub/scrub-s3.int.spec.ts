import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { S3BlobStore, type SealedBlobStore } from '@entrepot/blob-store';
import { silentLogger } from '@entrepot/platform-persistence';
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
import { ReleaseWorker } from '../blob/release.worker.js';
import { ALWAYS } from '../store/store-guard.js';
import { type Format, pushStored, sealedAs, type StoredBlob } from '../testing/push-stored.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { aWeekLater, factsOfBlobs, pullBlob, scrubWorker, statesOf } from '../testing/scrubbing.js';
import { scrubStatus } from './scrub.store.js';

jest.setTimeout(120_000);

// One is enough: what servers do differently, the driver's own specs show.
const SERVERS = [hasMinio() ? (['MinIO', startMinio] as const) : (['SeaweedFS', startSeaweedfs] as const)];
const FORMATS: readonly Format[] = ['crc', 'aes', 'raw'];
const PATIENT = { backoffMs: 10 };
/** So that a spec can wait for what is given up. */
const HASTY = { ...PATIENT, silenceMs: 1_500, giveUpMs: 500 };

const ofBlobs = ({ method, url }: PassedRequest): boolean => /GET|HEAD/.test(method) && url.includes('/registries/');
const errorBody = (code: string): string => `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`;
const answer = (status: number, body: string): Fault => ({ kind: 'answer', status, body });

/** What happens to an object behind our back; null removes it. */
type Harm = (bytes: Buffer) => Buffer | null;
const HARMS: readonly (readonly [string, Harm])[] = [
  ['changed in one byte', (bytes) => Buffer.from(bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1))],
  ['cut short', (bytes) => bytes.subarray(0, -1)],
  ['without any bytes', () => Buffer.alloc(0)],
  ['with bytes after its end', (bytes) => Buffer.concat([bytes, Buffer.from('more')])],
  ['missing', () => null],
];

describe.each(SERVERS)('the scrub of blobs in %s', (_name, start) => {
  let server: S3Server;
  let proxy: FaultProxy;
  let bucket: TestBucket;
  let driver: S3BlobStore;
  /** For servers that are away: a busy one may be slower than it waits. */
  let hasty: S3BlobStore;
  let catalog: ScratchCatalog;
  let store: SealedBlobStore;

  beforeAll(async () => {
    server = await start();
    proxy = await FaultProxy.start(server.endpoint);
    bucket = await TestBucket.make(server);
    const place = { ...server, endpoint: proxy.endpoint, bucket: bucket.name };
    driver = await S3BlobStore.open({ ...place, ...PATIENT });
    for (let tries = 0; !hasty; tries++) {
      await S3BlobStore.open({ ...place, ...HASTY }).then(
        (opened) => (hasty = opened),
        (error: unknown) => {
          if (tries >= 20) throw error;
        },
      );
    }
    catalog = await ScratchCatalog.open();
  });
  afterAll(async () => {
    await catalog?.close();
    await proxy?.stop();
    await server?.stop();
  });
  beforeEach(() => use('crc'));
  afterEach(async () => {
    proxy.clear();
    await bucket.empty();
    await catalog.query(`TRUNCATE blob_check, damaged_blob, blob_link, blob, upload, outbox CASCADE`);
  });

  function use(format: Format, from = driver): void {
    store = sealedAs(format)(from);
  }
  const push = (image: string, content: string | Buffer, chunks = 1) =>
    pushStored(catalog, store, image, content, chunks);
  const pull = (image: string, blob: StoredBlob) => pullBlob(catalog, store, image, blob);
  async function isWhole(image: string, blob: StoredBlob): Promise<boolean> {
    const pulled = await pull(image, blob);
    return Buffer.isBuffer(pulled) && pulled.equals(blob.bytes);
  }
  const states = (blob: StoredBlob) => statesOf(catalog, blob);
  const damaged = async () => (await scrubStatus(catalog.ports.database)).damagedBlobs;
  const scrubAll = () => aWeekLater(catalog, scrubWorker(catalog, store));

  const objectsOf = async ({ key }: StoredBlob) =>
    (await bucket.contents()).filter((name) => name.startsWith(`${key}.`)).toSorted();
  /** As seen by whoever has the bucket's keys, past the product. */
  async function harm(blob: StoredBlob, change: Harm, object = 0): Promise<void> {
    const name = (await objectsOf(blob))[object]!;
    const stream = await bucket.client.getObject(bucket.name, name);
    const bytes = change(Buffer.concat((await stream.toArray()) as Buffer[]));
    if (bytes) await bucket.client.putObject(bucket.name, name, bytes);
    else await bucket.client.removeObject(bucket.name, name);
  }

  describe.each(FORMATS)('stored as %s', (format) => {
    beforeEach(() => use(format));

    it('finds right bytes right, of one object or of several', async () => {
      const pushed = [
        await push('a', 'one'),
        await push('a', randomBytes(2_500_000)),
        await push('b', randomBytes(90_000), 3),
        await push('b', ''),
      ];
      expect(await Promise.all(pushed.map(async (blob) => (await objectsOf(blob)).length))).toEqual([1, 1, 3, 1]);
      await scrubAll();
      expect(await Promise.all(pushed.map(states))).toEqual(pushed.map(() => ['live']));
      const { oldestVerifiedAt, damagedBlobs } = await scrubStatus(catalog.ports.database);
      expect([oldestVerifiedAt, damagedBlobs]).toEqual([catalog.now, 0]);
    });

    it.each(HARMS)(
      'sets a blob aside whose object is %s, and no other; the same bytes pushed again repair it',
      async (_what, change) => {
        const sound = await push('a', randomBytes(5_000), 2);
        const blob = await push('a', randomBytes(300_000));
        await push('b', blob.bytes);
        await harm(blob, change);
        await scrubAll();
        expect([await pull('a', blob), await pull('b', blob), await damaged()]).toEqual(['damaged', 'damaged', 1]);
        expect(await pull('a', sound)).toEqual(sound.bytes);
        expect(await factsOfBlobs(catalog)).toEqual([
          expect.objectContaining({ type: 'blob.quarantined', digest: blob.digest, registry: 'demo' }),
        ]);

        await push('c', blob.bytes, 2);
        for (const image of ['a', 'b', 'c']) expect(await isWhole(image, blob)).toBe(true);
        expect((await factsOfBlobs(catalog)).at(-1)).toMatchObject({ type: 'blob.repaired', digest: blob.digest });
        expect(await damaged()).toBe(0);
        await new ReleaseWorker(catalog.ports, store, ALWAYS, silentLogger).run();
        expect(await objectsOf(blob)).toEqual([]);
        await scrubAll();
        expect(await isWhole('a', blob)).toBe(true);
      },
    );

    it.each([0, 1, 2])('sets a blob aside of whose three objects the one at %i is wrong', async (at) => {
      for (const [what, change] of HARMS) {
        const blob = await push('a', randomBytes(90_000), 3);
        await harm(blob, change, at);
        await scrubAll();
        expect([what, await states(blob)]).toEqual([what, ['quarantined']]);
      }
    });
  });

  it('sets the blob without bytes aside when its object is missing', async () => {
    const empty = await push('a', '');
    await harm(empty, () => null);
    await scrubAll();
    expect(await pull('a', empty)).toBe('damaged');
    await push('a', '');
    expect(await pull('a', empty)).toEqual(Buffer.alloc(0));
  });

  it.each<[string, readonly Fault[]]>([
    ['answers 503', [answer(503, errorBody('SlowDown'))]],
    ['answers 500 without a word', [answer(500, '')]],
    ['never answers', [{ kind: 'silence' }]],
    ['cuts every connection', [{ kind: 'lose-answer' }]],
    ['goes away in the middle of an object', [{ kind: 'cut-answer', after: 100_000 }, answer(503, '')]],
    ['refuses our key', [answer(403, errorBody('InvalidAccessKeyId'))]],
    ['lost its bucket', [answer(404, errorBody('NoSuchBucket'))]],
    ['has a balancer before it that answers 404 for want of a server', [answer(404, '<html>default backend</html>')]],
  ])('judges nothing by an S3 that %s, tells of no damage, and finds it when the S3 is back', async (_what, faults) => {
    const harmed = await push('a', randomBytes(300_000));
    const sound = [await push('a', randomBytes(300_000)), await push('a', randomBytes(90_000), 3), await push('a', '')];
    await harm(harmed, (bytes) => bytes.subarray(0, -1));
    use('crc', hasty);
    for (const [at, fault] of faults.entries()) {
      proxy.inject(fault, ofBlobs, at === faults.length - 1 ? Infinity : 1);
    }
    let worker = scrubWorker(catalog, store);
    expect(await aWeekLater(catalog, worker)).toBe(1_000);
    for (let more = 0; more < 3; more++) expect(await worker.run()).toBeGreaterThan(1_000);
    expect(proxy.requests.filter(ofBlobs).length).toBeGreaterThan(0);
    expect(await Promise.all([harmed, ...sound].map(states))).toEqual([['live'], ['live'], ['live'], ['live']]);
    expect([await damaged(), await factsOfBlobs(catalog)]).toEqual([0, []]);
    // Clients are told the same: try again, and not that something is lost.
    expect(await pull('a', sound[0]!)).toBe('away');

    proxy.clear();
    use('crc');
    worker = scrubWorker(catalog, store);
    await aWeekLater(catalog, worker);
    expect([await damaged(), await states(harmed)]).toEqual([1, ['quarantined']]);
    for (const blob of sound) expect(await isWhole('a', blob)).toBe(true);
  });

  it('does not judge by one look when the S3 goes away before the second', async () => {
    const blob = await push('a', randomBytes(50_000));
    await harm(blob, HARMS[0]![1]);
    let reads = 0;
    use('crc', hasty);
    proxy.inject(answer(503, ''), (request) => ofBlobs(request) && ++reads > 1, Infinity);
    expect(await scrubAll()).toBe(1_000);
    expect(reads).toBeGreaterThan(1);
    expect([await states(blob), await factsOfBlobs(catalog)]).toEqual([['live'], []]);
    proxy.clear();
    use('crc');
    await scrubAll();
    expect(await pull('a', blob)).toBe('damaged');
  });

  it('trusts no bytes that came wrong once and right at the second look', async () => {
    const blob = await push('a', randomBytes(50_000));
    const tries = 3;
    proxy.inject({ kind: 'shorten-answer', to: 20_000 }, ofBlobs, tries);
    await scrubAll();
    expect(proxy.requests.filter(ofBlobs)).toHaveLength(tries + 1);
    expect([await states(blob), await factsOfBlobs(catalog)]).toEqual([['live'], []]);
  });
});
