import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@entrepot/platform-persistence';
import { RestCatalog } from '../testing/rest-catalog.js';
import { StoredBlobs } from '../testing/stored-blobs.js';
import { ALWAYS } from '../store/store-guard.js';
import { ScrubWorker } from './scrub.worker.js';

let rest: RestCatalog;
let blobs: StoredBlobs;
beforeAll(async () => {
  rest = await RestCatalog.start();
  blobs = await StoredBlobs.open(rest.catalog, 'crc');
});
afterAll(async () => {
  await blobs?.close();
  await rest?.close();
});

const show = (as = 'admin') => rest.send('GET', `/${rest.catalog.registryId}/scrub`, { as });

describe('GET /api/v1/registries/:id/scrub', () => {
  it('refuses who may not see the registry, and knows no registry of another account', async () => {
    expect((await show('powerless')).status).toBe(403);
    const other = await rest.catalog.makeRegistry('theirs', { accountId: 'other' });
    expect((await rest.send('GET', `/${other}/scrub`)).status).toBe(404);
  });

  it('tells nothing of a registry without bytes', async () => {
    expect(await show()).toMatchObject({ status: 200, body: { oldestVerifiedAt: null, damagedBlobs: [] } });
  });

  it('names damaged blobs with the images that have them, until they are pushed again', async () => {
    const { catalog } = rest;
    const sound = await blobs.push('one', 'sound');
    const damaged = await blobs.push('one', 'to be damaged');
    await blobs.push('two', damaged.bytes);
    await blobs.flip(damaged);
    catalog.now = new Date(catalog.now.getTime() + 86_400_000);
    const settings = { bytesPerSecond: 1e12, intervalSeconds: 60, secondLookMs: 0 };
    while ((await new ScrubWorker(catalog.ports, blobs.store, ALWAYS, silentLogger, settings).run()) === 0);
    expect((await show()).body).toEqual({
      oldestVerifiedAt: catalog.now.toISOString(),
      damagedBlobs: [
        {
          digest: damaged.digest,
          size: damaged.size,
          problem: expect.stringContaining('is not what was written'),
          foundAt: catalog.now.toISOString(),
          images: ['apps/one', 'apps/two'],
        },
      ],
    });
    await blobs.push('three', damaged.bytes);
    expect((await show()).body['damagedBlobs']).toEqual([]);
    expect(await blobs.filesOf(sound)).toHaveLength(1);
  });
});
