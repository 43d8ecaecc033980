import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BlobStoreUnavailable, type SealedBlobStore } from '@entrepot/blob-store';
import { silentLogger } from '@entrepot/platform-persistence';
import { blobSources } from '../blob/blob-sources.js';
import { deleteBlob } from '../blob/delete-blob.js';
import { mountBlob } from '../blob/mount-blob.js';
import { ReleaseWorker } from '../blob/release.worker.js';
import { aBlob, aManifest, pushBlob, put } from '../testing/pushes.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import type { Format, StoredBlob } from '../testing/push-stored.js';
import {
  aWeekLater,
  factsOfBlobs,
  lookUpBlob,
  pullBlob,
  SCRUB_INTERVAL_SECONDS,
  scrubWorker,
  statesOf,
} from '../testing/scrubbing.js';
import { StoredBlobs } from '../testing/stored-blobs.js';
import { usageOf } from '../usage/usage.store.js';
import { ALWAYS } from '../store/store-guard.js';
import { claimBlobs, enrolBlobs, scrubStatus } from './scrub.store.js';
import { suspectBlob } from './suspect-blob.js';

const HOUR = SCRUB_INTERVAL_SECONDS;
let catalog: ScratchCatalog;
let blobs: StoredBlobs;
let opened: StoredBlobs[] = [];
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
});
afterAll(() => catalog?.close());
beforeEach(async () => {
  await use('crc');
});
afterEach(async () => {
  await catalog.query(`TRUNCATE blob_check, damaged_blob, blob_link, blob, upload, outbox CASCADE`);
  await Promise.all(opened.map((one) => one.close()));
  opened = [];
});

async function use(format: Format): Promise<void> {
  blobs = await StoredBlobs.open(catalog, format);
  opened.push(blobs);
}

type Store = Pick<SealedBlobStore, 'read'>;
const workerOn = (store: Store, bytesPerSecond = 1e12, guard = ALWAYS) =>
  scrubWorker(catalog, store, bytesPerSecond, guard);
const scrubAll = (worker = workerOn(blobs.store)) => aWeekLater(catalog, worker);
const pull = (image: string, blob: Pick<StoredBlob, 'digest'>) => pullBlob(catalog, blobs.store, image, blob);
const states = (blob: Pick<StoredBlob, 'digest'>) => statesOf(catalog, blob);
const told = () => factsOfBlobs(catalog);

describe.each<Format>(['crc', 'aes', 'raw'])('the scrub of blobs stored as %s', (format) => {
  beforeEach(() => use(format));

  it('finds right bytes right, however they were sent, and verifies all of them', async () => {
    const large = randomBytes(2_500_000);
    const pushed = [
      await blobs.push('a', 'one'),
      await blobs.push('a', large),
      await blobs.push('b', randomBytes(9_000), 3),
      await blobs.push('b', ''),
    ];
    await scrubAll();
    expect(await Promise.all(pushed.map(states))).toEqual(pushed.map(() => ['live']));
    const { oldestVerifiedAt, damagedBlobs } = await scrubStatus(catalog.ports.database);
    expect([oldestVerifiedAt, damagedBlobs]).toEqual([catalog.now, 0]);
    expect(large.equals((await pull('a', pushed[1]!)) as Buffer)).toBe(true);
  });

  it.each<[string, (blob: StoredBlob) => Promise<void>]>([
    ['a changed byte', (blob) => blobs.flip(blob)],
    ['a file that was cut', (blob) => blobs.cut(blob)],
    ['a file that is gone', (blob) => blobs.remove(blob)],
  ])(
    'sets a blob with %s aside, and no other; the same bytes pushed again repair it for every image',
    async (_, harm) => {
      const sound = await blobs.push('a', 'sound');
      const blob = await blobs.push('a', `harmed ${format}`);
      await blobs.push('b', `harmed ${format}`);
      await harm(blob);
      await scrubAll();
      expect([await pull('a', blob), await pull('b', blob), await states(blob)]).toEqual([
        'damaged',
        'damaged',
        ['quarantined', 'releasing'],
      ]);
      expect(await pull('a', sound)).toEqual(sound.bytes);
      expect(await told()).toEqual([
        expect.objectContaining({ type: 'blob.quarantined', digest: blob.digest, registry: 'demo', actor: 'catalog' }),
      ]);

      await blobs.push('c', blob.bytes, 2);
      for (const image of ['a', 'b', 'c']) expect(await pull(image, blob)).toEqual(blob.bytes);
      expect(await states(blob)).toEqual(['live', 'releasing', 'releasing']);
      expect((await told()).at(-1)).toMatchObject({ type: 'blob.repaired', digest: blob.digest, by: 'pushed' });
      expect((await scrubStatus(catalog.ports.database)).damagedBlobs).toBe(0);
      await new ReleaseWorker(catalog.ports, blobs.store, ALWAYS, silentLogger).run();
      expect(await blobs.filesOf(blob)).toEqual([]);
      await scrubAll();
      expect(await pull('a', blob)).toEqual(blob.bytes);
    },
  );

  it('sets both of two blobs aside whose files were swapped', async () => {
    const [one, other] = [await blobs.push('a', 'first of two'), await blobs.push('a', 'other of two')];
    await blobs.swap(one, other);
    await scrubAll();
    expect([await pull('a', one), await pull('a', other)]).toEqual(['damaged', 'damaged']);
  });
});

describe('a quarantined blob', () => {
  let blob: StoredBlob;
  beforeEach(async () => {
    blob = await blobs.push('holder', randomBytes(100));
    await blobs.flip(blob);
    await scrubAll();
  });
  const due = () => scrubAll();

  it('is no source of mounts, and mounting it makes the client upload', async () => {
    const { registryId, repositoryId } = catalog;
    const sources = await blobSources(catalog.ports, { registryId, digest: blob.digest });
    expect(sources).toEqual({ publicRepositoryIds: [], privateRepositoryIds: [] });
    const mount = { ...catalog.scope('target'), digest: blob.digest };
    const from = { sourceRepositoryIds: [repositoryId], sourceImage: 'holder' };
    expect(await mountBlob(catalog.ports, { ...mount, ...from })).toEqual({ mounted: false });
  });

  it('is unknown to a manifest that needs it, until it was pushed again', async () => {
    const manifest = aManifest({ config: blob });
    await expect(put(catalog, 'holder', manifest)).rejects.toMatchObject({ code: 'MANIFEST_BLOB_UNKNOWN' });
    await blobs.push('holder', blob.bytes);
    await put(catalog, 'holder', manifest);
  });

  it('leaves the manifests that have it as they are, and may be deleted like another', async () => {
    const { registryId } = catalog;
    await blobs.push('deleting', blob.bytes);
    const again = await blobs.push('deleting', randomBytes(50));
    await blobs.flip(again);
    await due();
    expect(await pull('deleting', again)).toBe('damaged');
    await deleteBlob(catalog.ports, { ...catalog.scope('deleting'), digest: again.digest });
    expect(await pull('deleting', again)).toBe('absent');
    const used = await usageOf(catalog.ports.database, registryId);
    await due();
    await new ReleaseWorker(catalog.ports, blobs.store, ALWAYS, silentLogger).run();
    expect([await states(again), await blobs.filesOf(again)]).toEqual([['released'], []]);
    expect(await usageOf(catalog.ports.database, registryId)).toBeLessThanOrEqual(used - 50);
    expect((await scrubStatus(catalog.ports.database)).damagedBlobs).toBe(0);
  });

  it('counts as used, and its repair needs no more room in a full registry', async () => {
    const { registryId } = catalog;
    const used = await usageOf(catalog.ports.database, registryId);
    await catalog.query(`UPDATE registry SET limits = $2 WHERE registry_id = $1`, [registryId, { bytes: used }]);
    try {
      await expect(pushBlob(catalog, 'holder', { ...aBlob(), size: 1 })).rejects.toMatchObject({ code: 'DENIED' });
      await blobs.push('holder', blob.bytes);
      expect([await pull('holder', blob), await usageOf(catalog.ports.database, registryId)]).toEqual([
        blob.bytes,
        used,
      ]);
    } finally {
      await catalog.query(`UPDATE registry SET limits = '{}'`);
    }
  });

  it('is repaired once by many pushes at the same moment, in different images', async () => {
    const images = Array.from({ length: 8 }, (_, i) => `crowd-${i}`);
    await Promise.all(images.map((image) => blobs.push(image, blob.bytes)));
    expect((await states(blob)).filter((state) => state === 'live')).toHaveLength(1);
    for (const image of ['holder', ...images]) expect(await pull(image, blob)).toEqual(blob.bytes);
    expect((await told()).filter(({ type }) => type === 'blob.repaired')).toHaveLength(1);
  });

  it('is repaired while it is deleted and looked up from elsewhere, in whatever order they come', async () => {
    for (let round = 0; round < 5; round++) {
      await blobs.push('left', blob.bytes);
      const again = await blobs.push('left', randomBytes(60));
      await blobs.push('right', again.bytes);
      await blobs.flip(again);
      await due();
      const results = await Promise.allSettled([
        blobs.push('right', again.bytes),
        deleteBlob(catalog.ports, { ...catalog.scope('left'), digest: again.digest }),
        lookUpBlob(catalog, 'right', again),
        workerOn(blobs.store).run(),
      ]);
      expect(results.map(({ status }) => status)).toEqual(results.map(() => 'fulfilled'));
      expect([await pull('right', again), await pull('left', again)]).toEqual([again.bytes, 'absent']);
    }
  });

  it('is given back when its bytes are right again, as when a disk is mounted after all', async () => {
    const other = await blobs.push('holder', randomBytes(70));
    const [file] = await blobs.filesOf(other);
    await rename(file!, `${blobs.root}/away`);
    await due();
    expect(await pull('holder', other)).toBe('damaged');
    await rename(`${blobs.root}/away`, file!);
    await due();
    expect([await pull('holder', other), await states(other)]).toEqual([other.bytes, ['live']]);
    expect((await told()).at(-1)).toMatchObject({ type: 'blob.repaired', by: 'found' });
  });
});

describe('a blob that a pull suspected', () => {
  it('is read again within the hour when it was quarantined, not only when its time comes', async () => {
    const blob = await blobs.push('a', 'here again soon');
    const [file] = await blobs.filesOf(blob);
    await rename(file!, `${blobs.root}/away`);
    await suspectBlob(catalog.ports, { registryId: catalog.registryId, digest: blob.digest });
    await workerOn(blobs.store).run();
    expect(await pull('a', blob)).toBe('damaged');
    await rename(`${blobs.root}/away`, file!);
    await workerOn(blobs.store).run();
    expect(await pull('a', blob)).toBe('damaged');
    catalog.now = new Date(catalog.now.getTime() + HOUR * 1_000);
    await workerOn(blobs.store).run();
    expect(await pull('a', blob)).toEqual(blob.bytes);
  });
});

describe('a push in the same moment as the quarantine', () => {
  it('ends with a blob that is right, or with a client that is told to send it', async () => {
    for (let round = 0; round < 10; round++) {
      const blob = await blobs.push('race', randomBytes(40));
      await blobs.flip(blob);
      catalog.now = new Date(catalog.now.getTime() + 7 * 86_400_000);
      await Promise.all([workerOn(blobs.store).run(), blobs.push('racer', blob.bytes)]);
      const first = await pull('racer', blob);
      if (first === 'damaged') await blobs.push('racer', blob.bytes);
      expect([await pull('race', blob), await pull('racer', blob)]).toEqual([blob.bytes, blob.bytes]);
    }
  });

  it('that stored a live generation beside the quarantined one is settled by the next step', async () => {
    const blob = await blobs.push('beside', randomBytes(40));
    await blobs.flip(blob);
    await scrubAll();
    // As a replica does that knows nothing of quarantines.
    const [row] = await catalog.query(`DELETE FROM damaged_blob RETURNING *`);
    await blobs.push('newer', blob.bytes);
    expect(await pull('beside', blob)).toBe('damaged');
    await catalog.query(`INSERT INTO damaged_blob SELECT * FROM jsonb_populate_record(null::damaged_blob, $1)`, [row]);
    await workerOn(blobs.store).run();
    expect(await pull('beside', blob)).toEqual(blob.bytes);
  });
});

describe('the scrub', () => {
  it('reads what a pull suspected at once, although it is not due', async () => {
    const blob = await blobs.push('a', 'suspected');
    await blobs.flip(blob);
    const worker = workerOn(blobs.store);
    await worker.run();
    expect(await pull('a', blob).catch(() => 'refused by its segment')).toBe('refused by its segment');
    const { registryId } = catalog;
    expect(await suspectBlob(catalog.ports, { registryId, digest: blob.digest })).toBe(true);
    expect(await suspectBlob(catalog.ports, { registryId, digest: aBlob().digest })).toBe(false);
    await worker.run();
    expect(await pull('a', blob)).toBe('damaged');
  });

  it('goes on with the oldest although more is suspected than one step reads', async () => {
    const oldest = await blobs.push('a', 'the oldest');
    await blobs.flip(oldest);
    for (let i = 0; i < 20; i++) {
      const { digest } = await blobs.push('a', `sound ${i}`);
      await suspectBlob(catalog.ports, { registryId: catalog.registryId, digest });
    }
    catalog.now = new Date(catalog.now.getTime() + 7 * 86_400_000);
    await workerOn(blobs.store).run();
    expect(await pull('a', oldest)).toBe('damaged');
    expect((await scrubStatus(catalog.ports.database)).suspectedBlobs).toBeGreaterThan(0);
  });

  it('reads nothing again within its interval', async () => {
    await blobs.push('a', 'once');
    await scrubAll();
    let reads = 0;
    const counting = { read: (...asked: Parameters<Store['read']>) => (reads++, blobs.store.read(...asked)) };
    while ((await workerOn(counting).run()) === 0);
    expect(reads).toBe(0);
    await scrubAll(workerOn(counting));
    expect(reads).toBe(1);
  });

  it('judges nothing while the store is of another incarnation than the database', async () => {
    const blob = await blobs.push('a', 'of before a restore');
    await blobs.remove(blob);
    const mismatch = { mayRemove: async () => false };
    catalog.now = new Date(catalog.now.getTime() + 7 * 86_400_000);
    expect(await workerOn(blobs.store, 1e12, mismatch).run()).toBeGreaterThan(0);
    expect(await states(blob)).toEqual(['live']);
    await scrubAll();
    expect(await states(blob)).toEqual(['quarantined']);
  });

  it('judges no blob by a store that is away, and comes back to all of them', async () => {
    const pushed = await Promise.all([1, 2, 3].map((n) => blobs.push('a', `away ${n}`)));
    const away = { read: async () => Promise.reject(new BlobStoreUnavailable('no answer', true)) };
    catalog.now = new Date(catalog.now.getTime() + 7 * 86_400_000);
    const worker = workerOn(away);
    const pauses = [await worker.run(), await worker.run(), await worker.run()];
    expect(pauses).toEqual([1_000, 2_000, 4_000]);
    expect(await Promise.all(pushed.map(states))).toEqual([['live'], ['live'], ['live']]);
    await blobs.flip(pushed[0]!);
    await scrubAll();
    expect(await Promise.all(pushed.map(states))).toEqual([['quarantined'], ['live'], ['live']]);
  });

  it('does not judge by keys that can’t be had, and goes on with what needs none of them', async () => {
    const sealed = await blobs.push('a', 'sealed');
    const open = await blobs.push('a', 'open');
    await blobs.flip(open);
    const keyless = {
      read: async (...asked: Parameters<Store['read']>) => {
        if (JSON.stringify(asked[0]).includes(sealed.key)) throw new Error('the key can’t be opened here');
        return blobs.store.read(...asked);
      },
    };
    catalog.now = new Date(catalog.now.getTime() + 7 * 86_400_000);
    expect(await workerOn(keyless).run()).toBe(1_000);
    expect([await states(sealed), await states(open)]).toEqual([['live'], ['quarantined']]);
  });

  it('does not judge a blob whose bytes were moved while it read them', async () => {
    const blob = await blobs.push('a', 'moving');
    const moving = {
      read: async (...asked: Parameters<Store['read']>) => {
        await catalog.query(`UPDATE blob SET location = location || '{"moved": true}'`);
        await blobs.remove(blob);
        return blobs.store.read(...asked);
      },
    };
    await scrubAll(workerOn(moving));
    expect([await states(blob), await told()]).toEqual([['live'], []]);
  });

  it('trusts one wrong read no more than one right one', async () => {
    const blob = await blobs.push('a', 'unlucky');
    await blobs.push('a', 'lucky');
    let reads = 0;
    const flaky = {
      read: async (...asked: Parameters<Store['read']>) => {
        const stream = await blobs.store.read(...asked);
        if (reads++ > 0) return stream;
        return stream.map((chunk: Buffer) => Buffer.from(chunk.map((byte) => byte ^ 1)));
      },
    };
    await scrubAll(workerOn(flaky));
    expect([reads, await states(blob)]).toEqual([3, ['live']]);
  });

  it('doubts the store itself when nothing in it is right, and quarantines few', async () => {
    const pushed: StoredBlob[] = [];
    for (let n = 0; n < 12; n++) pushed.push(await blobs.push('a', `wholesale ${n}`));
    await rename(`${blobs.root}/registries`, `${blobs.root}/elsewhere`);
    await scrubAll();
    const quarantined = (await Promise.all(pushed.map(states))).filter(([state]) => state === 'quarantined');
    expect(quarantined).toHaveLength(5);
    await rename(`${blobs.root}/elsewhere`, `${blobs.root}/registries`);
    await scrubAll();
    expect((await Promise.all(pushed.map(states))).flat()).toEqual(pushed.map(() => 'live'));
  });

  it('quarantines any number where the store shows that others are right', async () => {
    const pushed: StoredBlob[] = [];
    for (let n = 0; n < 12; n++) pushed.push(await blobs.push('a', `many ${n}`));
    for (const blob of pushed) await blobs.flip(blob);
    catalog.now = new Date(catalog.now.getTime() + HOUR * 2_000);
    await blobs.push('a', 'fresh');
    while ((await workerOn(blobs.store).run()) === 0);
    expect((await Promise.all(pushed.map(states))).flat()).toEqual(pushed.map(() => 'quarantined'));
  });

  it('doubts nothing because the first one that it compares with can’t be read for want of a key', async () => {
    const pushed: StoredBlob[] = [];
    for (let n = 0; n < 12; n++) pushed.push(await blobs.push('a', `with a key ${n}`));
    for (const blob of pushed) await blobs.flip(blob);
    catalog.now = new Date(catalog.now.getTime() + HOUR * 2_000);
    const sealed = await blobs.push('a', '!');
    await blobs.push('a', 'readable');
    const keyless = {
      read: async (...asked: Parameters<Store['read']>) => {
        if (JSON.stringify(asked[0]).includes(sealed.key)) throw new Error('the key can’t be opened here');
        return blobs.store.read(...asked);
      },
    };
    while ((await workerOn(keyless).run()) === 0);
    expect((await Promise.all(pushed.map(states))).flat()).toEqual(pushed.map(() => 'quarantined'));
  });

  it('sets aside what a bad sector makes unreadable, and nothing where the whole medium is', async () => {
    const [bad, ...others] = [
      await blobs.push('a', 'bad sector'),
      await blobs.push('a', 'b'),
      await blobs.push('a', 'c'),
    ];
    const failing = (all: boolean) => ({
      read: async (...asked: Parameters<Store['read']>) => {
        if (!all && !JSON.stringify(asked[0]).includes(bad!.key)) return blobs.store.read(...asked);
        throw new BlobStoreUnavailable('read failed', false, { cause: Object.assign(new Error(), { code: 'EIO' }) });
      },
    });
    await scrubAll(workerOn(failing(true)));
    expect((await Promise.all([bad!, ...others].map(states))).flat()).toEqual(['live', 'live', 'live']);
    await scrubAll(workerOn(failing(false)));
    expect((await Promise.all([bad!, ...others].map(states))).flat()).toEqual(['quarantined', 'live', 'live']);
  });

  it('does not rest on what is being released while others are due', async () => {
    for (let n = 0; n < 40; n++) await blobs.push('a', `leaving ${n}`);
    while ((await workerOn(blobs.store).run()) === 0);
    await catalog.query(`UPDATE blob SET state = 'releasing'`);
    catalog.now = new Date(catalog.now.getTime() + HOUR * 1_000);
    const blob = await blobs.push('a', 'behind them');
    await blobs.flip(blob);
    await scrubAll();
    expect(await pull('a', blob)).toBe('damaged');
  });

  it('shared by several replicas reads each blob once', async () => {
    for (let n = 0; n < 40; n++) await blobs.push('a', `shared ${n}`);
    const read: unknown[] = [];
    const counting = () => ({
      read: async (...asked: Parameters<Store['read']>) => {
        read.push(JSON.stringify(asked[0]));
        return blobs.store.read(...asked);
      },
    });
    catalog.now = new Date(catalog.now.getTime() + 7 * 86_400_000);
    await enrolBlobs(catalog.ports.database, ['', ''], 1_000);
    const replicas = Array.from({ length: 4 }, () => workerOn(counting()));
    await Promise.all(
      replicas.map(async (replica) => {
        while ((await replica.run()) === 0);
      }),
    );
    expect([read.length, new Set(read).size]).toEqual([40, 40]);
  });

  it('that is killed with a claim leaves it to who comes after its lease', async () => {
    const blob = await blobs.push('a', 'claimed');
    await blobs.flip(blob);
    catalog.now = new Date(catalog.now.getTime() + 7 * 86_400_000);
    await enrolBlobs(catalog.ports.database, ['', ''], 1_000);
    const limits = { verifiedBefore: catalog.now, blobs: 10, bytes: 1e9, leaseMs: () => 60_000 };
    const claimed = await catalog.ports.database.inTransaction((tx) => claimBlobs(tx, catalog.now, limits));
    expect(claimed).toHaveLength(1);
    await workerOn(blobs.store).run();
    expect(await states(blob)).toEqual(['live']);
    catalog.now = new Date(catalog.now.getTime() + 61_000);
    await workerOn(blobs.store).run();
    expect(await states(blob)).toEqual(['quarantined']);
  });

  it('stops in the middle of a blob, and gives back what it did not read', async () => {
    for (let n = 0; n < 3; n++) await blobs.push('a', randomBytes(3_000_000));
    catalog.now = new Date(catalog.now.getTime() + 7 * 86_400_000);
    const slow = workerOn(blobs.store, 1_000);
    slow.start();
    const claims = () => catalog.query(`SELECT 1 FROM blob_check WHERE not_before > $1`, [catalog.now]);
    while ((await claims()).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await slow.stop();
    expect(await claims()).toEqual([]);
  });

  it('does not mind a blob that was released while it read it, nor one that is gone since', async () => {
    const [read, gone] = [await blobs.push('a', 'released'), await blobs.push('a', 'gone')];
    const releasing = {
      read: async (...asked: Parameters<Store['read']>) => {
        await catalog.query(`UPDATE blob SET state = 'releasing'`);
        await blobs.remove(read);
        await blobs.remove(gone);
        return blobs.store.read(...asked);
      },
    };
    await scrubAll(workerOn(releasing));
    expect([await states(read), await states(gone)]).toEqual([['releasing'], ['releasing']]);
    expect(await told()).toEqual([]);
    await scrubAll();
    expect(await catalog.query(`SELECT 1 FROM blob_check`)).toEqual([]);
  });

  it('takes new blobs in however many there are, page by page', async () => {
    for (let n = 0; n < 7; n++) await blobs.push('a', `page ${n}`);
    let position: Awaited<ReturnType<typeof enrolBlobs>> = ['', ''];
    let pages = 0;
    for (; position !== null; pages++) position = await enrolBlobs(catalog.ports.database, position, 3);
    expect([pages, (await catalog.query(`SELECT 1 FROM blob_check`)).length]).toEqual([3, 7]);
  });
});
