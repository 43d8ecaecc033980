import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aBlob, pushBlob } from '../testing/pushes.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { endImages, lockImagesToEnd } from './ending.store.js';
import { lockForPush } from './lock-for-write.js';
import { lockPlace } from './place.store.js';

let catalog: ScratchCatalog;
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
});
afterAll(() => catalog?.close());

/** Statements of this database that wait for a lock. */
async function waiting(): Promise<number> {
  const [row] = await catalog.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row!.count;
}

describe('locking an image for a push', () => {
  it('never waits in a circle with other pushes of an image that is deleted in this moment', async () => {
    const { database } = catalog.ports;
    const scope = catalog.scope('going');
    await pushBlob(catalog, 'going', aBlob());
    const conflicts: unknown[] = [];
    const push = () =>
      database.inTransaction(async (tx) => {
        const lock = lockForPush(tx, scope, 'link', catalog.now);
        await lock.catch((error: { code?: string }) => conflicts.push(error.code));
        return (await lock).image.imageId;
      });
    const pushes = await database.inTransaction(async (tx) => {
      const place = await lockPlace(tx, scope, 'create');
      const [image] = await lockImagesToEnd(tx, scope.registryId, scope.repositoryId, 1);
      await endImages(tx, place, [image!.imageId], { actor: 'admin', now: catalog.now });
      const begun = [push(), push(), push()];
      while ((await waiting()) < begun.length) await sleep(10);
      return { begun };
    });
    expect(new Set(await Promise.all(pushes.begun)).size).toBe(1);
    expect(conflicts).toEqual(['40001', '40001', '40001']);
  });
});
