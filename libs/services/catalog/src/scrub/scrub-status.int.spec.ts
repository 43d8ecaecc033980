import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { SealedBlobStore } from '@entrepot/blob-store';
import type { ScrubStatusReply } from '@entrepot/contracts';
import { silentLogger } from '@entrepot/platform-persistence';
import { ALWAYS } from '../store/store-guard.js';
import type { StoredBlob } from '../testing/push-stored.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { StoredBlobs } from '../testing/stored-blobs.js';
import { ScrubHandler } from './scrub.handler.js';
import { scrubStatus } from './scrub.store.js';
import { ScrubWorker } from './scrub.worker.js';

const HOUR = 3_600;
let catalog: ScratchCatalog;
let blobs: StoredBlobs;
/** What the store can't give now, for a reason that says nothing about its bytes. */
let closed: StoredBlob | null;
const logger = { ...silentLogger, info: jest.fn(), warn: jest.fn() };

beforeAll(async () => {
  catalog = await ScratchCatalog.open();
});
afterAll(() => catalog?.close());
beforeEach(async () => {
  closed = null;
  blobs = await StoredBlobs.open(catalog, 'crc');
});
afterEach(async () => {
  jest.clearAllMocks();
  await catalog.query(`TRUNCATE blob_check, damaged_blob, blob_link, blob, upload, outbox CASCADE`);
  await blobs.close();
});

const store = {
  read: (...asked: Parameters<SealedBlobStore['read']>) =>
    closed && JSON.stringify(asked[0]).includes(closed.key)
      ? Promise.reject(new Error('the key of this registry is not to be had'))
      : blobs.store.read(...asked),
} as SealedBlobStore;

const workerAt = (bytesPerSecond: number) =>
  new ScrubWorker(catalog.ports, store, ALWAYS, logger, { bytesPerSecond, intervalSeconds: HOUR, secondLookMs: 0 });

function pass(hours: number): void {
  catalog.now = new Date(catalog.now.getTime() + hours * HOUR * 1_000);
}

async function oldest(): Promise<Date | null> {
  return (await scrubStatus(catalog.ports.database)).oldestVerifiedAt;
}

/** One step is enough for the few blobs here. */
async function scrub(): Promise<void> {
  await workerAt(1e12).run();
}

describe('the oldest unverified byte', () => {
  it('is of the blob that was not read while all others were, whichever it is', async () => {
    const pushed: StoredBlob[] = [];
    // Not in the order of their ages, so that none comes first by chance.
    for (const age of [1, 0, 2]) {
      pass(age);
      pushed.push(await blobs.push('a', randomBytes(100)));
      pass(-age);
    }
    expect(await oldest()).toEqual(catalog.now);
    pass(3);
    await scrub();
    for (const one of pushed) {
      const before = catalog.now;
      closed = one;
      for (let days = 0; days < 3; days++) {
        pass(24);
        await scrub();
        expect(await oldest()).toEqual(before);
      }
      closed = null;
      pass(24);
      await scrub();
      expect(await oldest()).toEqual(catalog.now);
    }
  });

  it('is as old as the first blob where the rate is 0, and nothing was ever taken in', async () => {
    const off = workerAt(0);
    const handler = new ScrubHandler(catalog.ports, off);
    const status = () => (handler.status as (request: object) => Promise<ScrubStatusReply>).call(handler, {});
    off.start();
    expect((await status()).oldestUnverifiedSeconds).toBeNull();
    await blobs.push('a', 'first');
    pass(5);
    await blobs.push('a', 'second');
    pass(2);
    expect((await status()).oldestUnverifiedSeconds).toBe(7 * HOUR);
    await off.stop();
    expect(await catalog.query(`SELECT 1 FROM blob_check`)).toEqual([]);
  });

  it('is of a blob that is not taken in yet, although others of its registry were verified', async () => {
    const [one] = [await blobs.push('a', 'not taken in'), pass(1), await blobs.push('a', 'read')];
    await scrub();
    const since = catalog.now;
    await catalog.query(`DELETE FROM blob_check WHERE generation = $1`, [one.key.slice(one.key.lastIndexOf('/') + 1)]);
    pass(5);
    expect(await oldest()).toEqual(new Date(since.getTime() - HOUR * 1_000));
  });

  it('is told each hour, as a warning when it is older than twice the interval', async () => {
    const blob = await blobs.push('a', 'cannot be read');
    closed = blob;
    pass(2);
    await scrub();
    expect(logger.info.mock.calls).toEqual([
      [expect.objectContaining({ oldestUnverifiedSeconds: 2 * HOUR }), 'the scrub goes on'],
    ]);
    pass(1);
    await scrub();
    expect(logger.info).toHaveBeenCalledTimes(1);
    expect(logger.warn.mock.calls).toContainEqual([
      expect.objectContaining({ oldestUnverifiedSeconds: 3 * HOUR }),
      expect.stringContaining('the scrub is behind'),
    ]);
  });
});
