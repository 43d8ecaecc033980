import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FilesystemBlobStore } from '@entrepot/blob-store';
import { Digest } from '@entrepot/oci';
import { silentLogger } from '@entrepot/platform-persistence';
import { deleteManifest } from '../manifest/delete-manifest.js';
import { aBlob, aManifest, pushBlob, put } from '../testing/pushes.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { commitUpload } from '../upload/commit-upload.js';
import { advanceUpload, cancelUpload } from '../upload/continue-upload.js';
import { openUpload } from '../upload/open-upload.js';
import { endEmptyImages } from './forget.store.js';
import { ALWAYS } from '../store/store-guard.js';
import { ReleaseWorker } from './release.worker.js';

let catalog: ScratchCatalog;
let root: string;
let store: FilesystemBlobStore;
let worker: ReleaseWorker;
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
  root = await mkdtemp(join(tmpdir(), 'catalog-release-'));
  store = await FilesystemBlobStore.open({ root });
  worker = new ReleaseWorker(catalog.ports, store, ALWAYS, silentLogger);
});
afterAll(async () => {
  await worker?.stop();
  await catalog?.close();
  await rm(root, { recursive: true, force: true });
});
afterEach(async () => {
  catalog.nextDay();
  await worker.run();
});

const keys = async () => {
  const found: string[] = [];
  for await (const key of store.listKeys('registries/')) found.push(key);
  return found;
};

async function upload(image: string, text: string) {
  const scope = catalog.scope(image);
  const { uploadId, key } = await openUpload(catalog.ports, { ...scope, algorithm: 'sha256' });
  const begun = await store.begin(key);
  const { state } = await store.append(key, begun, Readable.from([Buffer.from(text)]), { limit: 100 });
  return { scope, uploadId, key, state };
}

/** A blob whose bytes are in the store. */
async function stored(image: string, text: string) {
  const { scope, uploadId, key, state } = await upload(image, text);
  const digest = Digest.of(Buffer.from(text)).toString();
  const location = await store.commit(key, state);
  const size = Buffer.byteLength(text);
  await commitUpload(catalog.ports, { ...scope, uploadId, revision: 1, digest, size, location });
  return { key, blob: { ...aBlob(), digest, size } };
}

const stateOf = async (digest: string) =>
  (await catalog.query<{ state: string }>(`SELECT state FROM blob WHERE hex = $1`, [digest.slice(7)])).map(
    (r) => r.state,
  );

describe('the release worker', () => {
  it('removes the bytes of cancelled uploads at once and of abandoned ones after a day', async () => {
    const cancelled = await upload('uploads', 'cancelled');
    const left = await upload('uploads', 'left');
    const advanced = { ...left.scope, uploadId: left.uploadId, revision: 1, offset: 4, digestSoFar: null };
    await advanceUpload(catalog.ports, { ...advanced, state: left.state });
    await cancelUpload(catalog.ports, { ...cancelled.scope, uploadId: cancelled.uploadId });
    await worker.run();
    expect(await keys()).toEqual([left.key]);
    catalog.nextDay();
    await worker.run();
    expect(await keys()).toEqual([]);
    expect(await catalog.query(`SELECT 1 FROM upload WHERE phase <> 'committed'`)).toEqual([]);
  });

  it('removes a second upload of a live digest at once, and leaves the live one', async () => {
    const { key } = await stored('second', 'same bytes');
    await stored('second', 'same bytes');
    await worker.run();
    expect(await keys()).toEqual([key]);
  });

  it('keeps a blob that nothing refers to for a day, then releases it, and its image that never had a manifest', async () => {
    const { key, blob } = await stored('orphan', 'orphan');
    await worker.run();
    expect(await keys()).toContain(key);
    catalog.nextDay();
    await worker.run();
    expect(await keys()).not.toContain(key);
    expect(await stateOf(blob.digest)).toEqual(['released']);
    await expect(catalog.imageId('orphan')).rejects.toThrow('no image');
    expect(await catalog.query(`SELECT image_count FROM repository`)).toEqual([
      {
        image_count: Number(
          (await catalog.query<{ n: string }>(`SELECT count(*) AS n FROM image WHERE deleted_at IS NULL`))[0]!.n,
        ),
      },
    ]);
  });

  it('ends an empty image however many older ones still have a blob', async () => {
    await stored('older', 'still linked');
    const { blob } = await stored('younger', 'unlinked');
    await catalog.query(`DELETE FROM blob_link WHERE hex = $1`, [blob.digest.slice(7)]);
    await catalog.query(`UPDATE image SET created_at = created_at + interval '1 minute' WHERE name = 'younger'`);
    const later = new Date(catalog.now.getTime() + 3_600_000);
    await catalog.ports.database.inTransaction((tx) => endEmptyImages(tx, later, later, 1));
    await expect(catalog.imageId('younger')).rejects.toThrow('no image');
    await expect(catalog.imageId('older')).resolves.toEqual(expect.any(String));
  });

  it('holds what a manifest needs for as long as it lives, and a day longer', async () => {
    const { key, blob } = await stored('held', 'held');
    const manifest = aManifest({ config: blob });
    await put(catalog, 'held', manifest, ['1']);
    for (let day = 0; day < 3; day++) {
      catalog.nextDay();
      await worker.run();
    }
    expect(await keys()).toContain(key);
    await deleteManifest(catalog.ports, { ...catalog.scope('held'), digest: manifest.descriptor.digest });
    await worker.run();
    expect(await keys()).toContain(key);
    catalog.nextDay();
    await worker.run();
    expect(await keys()).not.toContain(key);
    expect(await catalog.query(`SELECT 1 FROM manifest WHERE digest = $1`, [manifest.descriptor.digest])).toEqual([]);
  });

  it('never takes a blob away under a push: the manifest is stored with its bytes, or refused', async () => {
    for (let round = 0; round < 10; round++) {
      const { key, blob } = await stored(`race-${round}`, `race ${round}`);
      catalog.nextDay();
      const [pushed] = await Promise.allSettled([
        put(catalog, `race-${round}`, aManifest({ config: blob })),
        worker.run(),
      ]);
      await worker.run();
      expect((await keys()).includes(key)).toBe(pushed.status === 'fulfilled');
    }
  });

  it('never takes a blob away under a second push of it', async () => {
    for (let round = 0; round < 10; round++) {
      const { blob } = await stored('again', `again ${round}`);
      catalog.nextDay();
      await Promise.all([stored('again', `again ${round}`), worker.run()]);
      await worker.run();
      await put(catalog, 'again', aManifest({ config: blob }));
      expect(await stateOf(blob.digest)).toContain('live');
    }
  });

  it('goes on with the others when the store fails for one, and tries that one again', async () => {
    const [bad, good] = [await stored('flaky', 'bad'), await stored('flaky', 'good')];
    catalog.nextDay();
    let fails = true;
    const flaky = {
      abort: store.abort.bind(store),
      deleteKey: store.deleteKey.bind(store),
      delete: async (location: Parameters<typeof store.delete>[0]) => {
        if (fails && JSON.stringify(location).includes(bad.key)) throw new Error('not now');
        await store.delete(location);
      },
    };
    const unlucky = new ReleaseWorker(catalog.ports, flaky, ALWAYS, silentLogger);
    await unlucky.run();
    expect([(await keys()).includes(bad.key), (await keys()).includes(good.key)]).toEqual([true, false]);
    expect(await stateOf(bad.blob.digest)).toEqual(['releasing']);
    fails = false;
    await unlucky.run();
    expect(await keys()).not.toContain(bad.key);
  });

  it('run by several replicas at once does each thing once in effect', async () => {
    const blobs = await Promise.all(Array.from({ length: 12 }, (_, i) => stored('crowd', `crowd ${i}`)));
    catalog.nextDay();
    await Promise.all(
      Array.from({ length: 4 }, () => new ReleaseWorker(catalog.ports, store, ALWAYS, silentLogger).run()),
    );
    await worker.run();
    const left = await keys();
    expect(blobs.filter(({ key }) => left.includes(key))).toEqual([]);
  });

  it('lets a released digest be pushed again', async () => {
    const first = await stored('reborn', 'reborn');
    catalog.nextDay();
    await worker.run();
    const second = await stored('reborn', 'reborn');
    expect(second.key).not.toBe(first.key);
    await pushBlob(catalog, 'reborn', second.blob);
    expect(await keys()).toContain(second.key);
  });
});
