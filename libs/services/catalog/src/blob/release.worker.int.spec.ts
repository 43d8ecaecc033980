import { mkdtemp, readdir, rm } from 'node:fs/promises';
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
import { advanceUpload, cancelUpload, claimUpload } from '../upload/continue-upload.js';
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
      tidy: store.tidy.bind(store),
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

  it('gives a registry up for this run whose storage refuses again and again, and goes on with the next one', async () => {
    const { registryId, repositoryId } = catalog;
    for (let n = 0; n < 25; n++) await stored('locked', `locked ${n}`);
    // Ids grow with time: it comes behind the other one.
    catalog.registryId = await catalog.makeRegistry('later');
    catalog.repositoryId = await catalog.makeRepository('apps', { registryId: catalog.registryId });
    const other = await stored('free', 'free');
    Object.assign(catalog, { registryId, repositoryId });
    catalog.nextDay();
    let refusals = 0;
    const locked = {
      abort: store.abort.bind(store),
      tidy: store.tidy.bind(store),
      deleteKey: store.deleteKey.bind(store),
      delete: async (location: Parameters<typeof store.delete>[0]) => {
        if (JSON.stringify(location).includes(registryId) && ++refusals) throw new Error('it is locked');
        await store.delete(location);
      },
    };
    await new ReleaseWorker(catalog.ports, locked, ALWAYS, silentLogger).run();
    expect([refusals, (await keys()).includes(other.key)]).toEqual([20, false]);
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

describe('what attempts leave that came to nothing', () => {
  const limit = { limit: 100 };
  const write = async (key: string, text: string) =>
    store.append(key, await store.begin(key), Readable.from([Buffer.from(text)]), limit);
  const filesOf = async (key: string) =>
    (await readdir(root, { recursive: true })).filter((name) => name.startsWith(`${key}.`)).length;
  const isRemembered = async (uploadId: string) =>
    (await catalog.query(`SELECT 1 FROM upload WHERE upload_id = $1`, [uploadId])).length > 0;

  /** An upload that two claims write to. The later one commits; the earlier one may still be writing. */
  async function contested(image: string, text: string) {
    const scope = catalog.scope(image);
    const { uploadId, key } = await openUpload(catalog.ports, { ...scope, algorithm: 'sha256' });
    await claimUpload(catalog.ports, { ...scope, uploadId, expectedOffset: 0 });
    await write(key, 'lost');
    const { revision } = await claimUpload(catalog.ports, { ...scope, uploadId, expectedOffset: 0 });
    const { state } = await write(key, text);
    const location = await store.commit(key, state);
    const digest = Digest.of(Buffer.from(text)).toString();
    await commitUpload(catalog.ports, { ...scope, uploadId, revision, digest, size: text.length, location });
    return { key, uploadId, location, blob: { ...aBlob(), digest, size: text.length } };
  }
  const contentOf = async (location: Parameters<typeof store.read>[0]) =>
    Buffer.concat((await (await store.read(location)).toArray()) as Buffer[]).toString();

  it('is removed beside the blob, and again until it succeeds, however the store or the worker fails', async () => {
    const { key, location } = await contested('tidied', 'tidied blob');
    const failures = ['the store is away', 'killed before the row said so'];
    let tidied = 0;
    const failing = {
      abort: store.abort.bind(store),
      delete: store.delete.bind(store),
      deleteKey: store.deleteKey.bind(store),
      tidy: async (where: Parameters<typeof store.tidy>[0]) => {
        tidied++;
        const failure = failures.shift();
        if (failures.length === 0) await store.tidy(where);
        if (failure) throw new Error(failure);
      },
    };
    const unlucky = new ReleaseWorker(catalog.ports, failing, ALWAYS, silentLogger);
    expect(await filesOf(key)).toBeGreaterThan(1);
    await unlucky.run();
    expect(await filesOf(key)).toBeGreaterThan(1);
    await unlucky.run();
    await unlucky.run();
    expect([tidied, await filesOf(key), await contentOf(location)]).toEqual([3, 1, 'tidied blob']);
    await unlucky.run();
    expect(tidied).toBe(3);
  });

  it('is left alone while the store may be of another installation', async () => {
    const { key } = await contested('doubted', 'doubted blob');
    const before = await filesOf(key);
    await new ReleaseWorker(catalog.ports, store, { mayRemove: async () => false }, silentLogger).run();
    expect(await filesOf(key)).toBe(before);
  });

  it('is removed once more when no claim can be writing any more, and then the upload is forgotten', async () => {
    const { key, uploadId, location, blob } = await contested('late', 'late rival');
    await put(catalog, 'late', aManifest({ config: blob }));
    await worker.run();
    await write(key, 'still writing');
    await worker.run();
    expect(await filesOf(key)).toBeGreaterThan(1);
    catalog.now = new Date(catalog.now.getTime() + 24.5 * 3_600_000);
    await worker.run();
    expect([(await filesOf(key)) > 1, await isRemembered(uploadId)]).toEqual([true, true]);
    catalog.now = new Date(catalog.now.getTime() + 0.5 * 3_600_000);
    await worker.run();
    expect([await filesOf(key), await isRemembered(uploadId)]).toEqual([1, false]);
    expect(await contentOf(location)).toBe('late rival');
  });

  it('is removed also when it was written after the upload was cancelled, and released', async () => {
    const scope = catalog.scope('cancelled-late');
    const { uploadId, key } = await openUpload(catalog.ports, { ...scope, algorithm: 'sha256' });
    await claimUpload(catalog.ports, { ...scope, uploadId, expectedOffset: 0 });
    await cancelUpload(catalog.ports, { ...scope, uploadId });
    await worker.run();
    await write(key, 'still writing');
    await worker.run();
    expect(await filesOf(key)).toBe(1);
    catalog.nextDay();
    await worker.run();
    expect([await filesOf(key), await isRemembered(uploadId)]).toEqual([0, false]);
  });
});
