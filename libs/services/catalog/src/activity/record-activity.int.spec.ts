import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aBlob, pushImage } from '../testing/pushes.js';
import { ACCOUNT, ScratchCatalog } from '../testing/scratch-catalog.js';
import { recordActivity } from './record-activity.js';

let catalog: ScratchCatalog;
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
});
afterAll(() => catalog?.close());

const lastAt = '2026-11-21T12:00:00.000Z';
const pull = async (image: string, count: number) => ({
  registryId: catalog.registryId,
  imageId: await catalog.imageId(image),
  digest: aBlob().digest,
  actor: 'EKPULL',
  count,
  lastAt,
});
const refusal = (verb: 'pull' | 'push', accountId = ACCOUNT) => ({
  verb,
  accountId,
  registryId: catalog.registryId,
  repository: 'apps',
  image: null,
  actor: 'anonymous',
  reason: 'no policy allows it',
  count: 3,
  lastAt,
});
const pullsOf = async (image: string) =>
  (
    await catalog.query<{ pull_count: string; last_pulled_at: Date | null }>(
      `SELECT pull_count, last_pulled_at FROM image WHERE name = $1`,
      [image],
    )
  )[0];

describe('a report of activity', () => {
  it('adds its pulls to the images and tells each, once however often it arrives', async () => {
    await pushImage(catalog, 'popular');
    const report = { reportId: 'r1', pulls: [await pull('popular', 5), await pull('popular', 2)], refusals: [] };
    await Promise.all([recordActivity(catalog.ports, report), recordActivity(catalog.ports, report)]);
    await recordActivity(catalog.ports, report);
    expect(await pullsOf('popular')).toEqual({ pull_count: '7', last_pulled_at: new Date(lastAt) });
    const told = (await catalog.facts('popular')).filter((fact) => fact.type === 'image.pulled');
    expect(told.map((fact) => fact.data['count'])).toEqual([5, 2]);
  });

  it('never turns the last pull back', async () => {
    await pushImage(catalog, 'clock');
    await recordActivity(catalog.ports, { reportId: 'c1', pulls: [await pull('clock', 1)], refusals: [] });
    const older = { ...(await pull('clock', 1)), lastAt: '2025-01-01T00:00:00Z' };
    await recordActivity(catalog.ports, { reportId: 'c2', pulls: [older], refusals: [] });
    expect(await pullsOf('clock')).toEqual({ pull_count: '2', last_pulled_at: new Date(lastAt) });
  });

  it('leaves out images and registries that are gone, and counts the rest', async () => {
    await pushImage(catalog, 'stays');
    const gone = { ...(await pull('stays', 1)), imageId: 'f'.repeat(32) };
    const nowhere = { ...(await pull('stays', 1)), registryId: 'f'.repeat(32) };
    const pulls = [gone, nowhere, await pull('stays', 1)];
    await recordActivity(catalog.ports, { reportId: 'g1', pulls, refusals: [] });
    expect(await pullsOf('stays')).toMatchObject({ pull_count: '1' });
  });

  it('tells refusals to the registry’s own account and to no other', async () => {
    const refusals = [refusal('pull'), refusal('push'), refusal('pull', '000000000666')];
    await recordActivity(catalog.ports, { reportId: 'x1', pulls: [], refusals });
    const told = await catalog.query(
      `SELECT type, account_id, data->>'reason' AS reason FROM outbox WHERE type LIKE '%denied' ORDER BY type`,
    );
    expect(told).toEqual([
      { type: 'image.pull.denied', account_id: ACCOUNT, reason: 'no policy allows it' },
      { type: 'image.push.denied', account_id: ACCOUNT, reason: 'no policy allows it' },
    ]);
  });

  it('meets others about the same images without a deadlock', async () => {
    const images = ['d1', 'd2', 'd3', 'd4'];
    for (const image of images) await pushImage(catalog, image);
    const pulls = await Promise.all(images.map((image) => pull(image, 1)));
    await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        recordActivity(catalog.ports, { reportId: `d${i}`, pulls: i % 2 ? pulls : [...pulls].reverse(), refusals: [] }),
      ),
    );
    for (const image of images) expect(await pullsOf(image)).toMatchObject({ pull_count: '12' });
  });
});
