import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@entrepot/platform-persistence';
import { ALWAYS } from '../store/store-guard.js';
import { ReleaseWorker } from '../blob/release.worker.js';
import { aBlob, type BlobPushed, pushBlob } from '../testing/pushes.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { CountUsage1763700000040 } from '../migrations/1763700000040-count-usage.js';
import { usageOf } from './usage.store.js';
import { UsageWorker } from './usage.worker.js';

/** Transactions under way at once: the connections of `ScratchCatalog`. */
const AT_ONCE = 16;

let catalog: ScratchCatalog;
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
});
afterAll(() => catalog?.close());

let registries = 0;
beforeEach(async () => {
  registries += 1;
  catalog.registryId = await catalog.makeRegistry(`usage-${registries}`);
  catalog.repositoryId = await catalog.makeRepository('apps');
});

const limitTo = (bytes: number | null) =>
  catalog.query(`UPDATE registry SET limits = $2 WHERE registry_id = $1`, [
    catalog.registryId,
    JSON.stringify({ bytes }),
  ]);
const ofSize = (size: number): BlobPushed => ({ ...aBlob(), size });
const push = (size: number) => pushBlob(catalog, 'hello', ofSize(size));
const used = () => usageOf(catalog.ports.database, catalog.registryId);
const summed = async () => {
  const [row] = await catalog.query<{ bytes: number }>(
    `SELECT coalesce(sum(size), 0)::float8 AS bytes FROM blob WHERE registry_id = $1 AND state = 'live'`,
    [catalog.registryId],
  );
  return row!.bytes;
};
const pushedOf = async (pushes: Promise<unknown>[]) =>
  (await Promise.allSettled(pushes)).filter(({ status }) => status === 'fulfilled').length;

describe('the limit of bytes', () => {
  it('may be reached and not gone over; who would is told the numbers, and nothing is stored', async () => {
    await limitTo(100);
    await push(60);
    await push(39);
    await push(1);
    expect(await used()).toBe(100);
    await expect(push(1)).rejects.toMatchObject({
      code: 'DENIED',
      status: 403,
      message: expect.stringMatching(/100 of 100 bytes of the registry are used, and this would add 1\b/),
    });
    expect([await used(), await summed()]).toEqual([100, 100]);
  });

  it('refuses a blob that is larger than what is left, at once', async () => {
    await limitTo(100);
    await expect(push(101)).rejects.toMatchObject({ status: 403 });
    await limitTo(0);
    await expect(push(1)).rejects.toMatchObject({ status: 403 });
    await limitTo(null);
    await push(101);
    expect(await used()).toBe(101);
  });

  it('does not stand in the way of a blob that the registry has already, nor of an empty one', async () => {
    await limitTo(100);
    const blob = ofSize(100);
    await pushBlob(catalog, 'hello', blob);
    await pushBlob(catalog, 'hello', blob);
    await pushBlob(catalog, 'other', blob);
    await push(0);
    expect(await used()).toBe(100);
  });

  it('is exact near its end, however many push at once', async () => {
    await limitTo(1_000);
    await push(950);
    const pushed = await pushedOf(Array.from({ length: 40 }, () => push(10)));
    expect([pushed, await used()]).toEqual([5, 1_000]);
  });

  it('is gone over by no more than what commits at once, where a crowd begins far from it', async () => {
    await limitTo(1_000);
    const pushed = await pushedOf(Array.from({ length: 60 }, () => push(100)));
    expect(pushed).toBeGreaterThanOrEqual(10);
    expect(pushed).toBeLessThan(10 + AT_ONCE);
    expect(await used()).toBe(pushed * 100);
    await expect(push(100)).rejects.toMatchObject({ status: 403 });
  });

  it('has room again when bytes are released', async () => {
    await limitTo(100);
    await push(100);
    catalog.nextDay();
    await expect(push(1)).rejects.toMatchObject({ status: 403 });
    const nothing = async () => undefined;
    const nowhere = { abort: nothing, tidy: nothing, delete: nothing, deleteKey: nothing };
    await new ReleaseWorker(catalog.ports, nowhere, ALWAYS, silentLogger).run();
    expect(await used()).toBe(0);
    await push(100);
  });
});

describe('the sum of what is used', () => {
  it('tells the same while changes are moved into it by several replicas, and holds none back', async () => {
    const workers = [1, 2, 3].map(() => new UsageWorker(catalog.ports.database, silentLogger));
    for (let round = 1; round <= 5; round++) {
      const pushes = Array.from({ length: 10 }, () => push(7));
      await Promise.all([...workers.map((worker) => worker.run()), ...pushes]);
      expect([await used(), await summed()]).toEqual([round * 70, round * 70]);
    }
    await workers[0]!.run();
    const waiting = await catalog.query(`SELECT 1 FROM registry_usage_change WHERE registry_id = $1`, [
      catalog.registryId,
    ]);
    expect([waiting.length, await used()]).toEqual([0, 350]);
  });

  it('begins with what is stored already', async () => {
    await push(40);
    await push(2);
    const migration = new CountUsage1763700000040();
    await catalog.ports.database.inTransaction(async (tx) => {
      await migration.down(tx.manager.queryRunner!);
      await migration.up(tx.manager.queryRunner!);
    });
    expect(await used()).toBe(42);
    await push(8);
    expect(await used()).toBe(50);
  });
});
