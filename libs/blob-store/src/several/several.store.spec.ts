import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import {
  blobStoreConformance,
  freeSpaceConformance,
  keyListerConformance,
  type StoreUnderTest,
} from '../conformance/blob-store.conformance.js';
import { append, bytesOf, freshKey, get, put } from '../conformance/subject.js';
import { ForeignBlobRecord } from '../errors.js';
import { FilesystemBlobStore } from '../filesystem/filesystem.store.js';
import { IDENTITY_KEY } from '../keys.js';
import { canListUnfinished, canOpenFile, hasRegistryPlaces, membersOf } from '../port.js';
import { storedRecordOf, storedStateOf, withStoredRecord } from '../sealed/stored-record.js';
import { SealedBlobStore } from '../sealed/sealed.store.js';
import { openBlobStore } from '../open-blob-store.js';
import { Elsewhere } from './spec/elsewhere.js';
import { memberFor, SeveralBlobStores } from './several.store.js';

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name !== IDENTITY_KEY).map((entry) => entry.name);
}

interface Opened {
  readonly root: string;
  readonly near: FilesystemBlobStore;
  readonly far: Elsewhere;
}

async function opened(root: string): Promise<Opened> {
  const near = await FilesystemBlobStore.open({ root: join(root, 'near') });
  return { root, near, far: await Elsewhere.open(join(root, 'far')) };
}

async function subject(order: (opened: Opened) => SeveralBlobStores): Promise<StoreUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'entrepot-several-'));
  const open = async () => order(await opened(root));
  return {
    store: await open(),
    reopen: open,
    leftovers: () => filesBelow(root),
    dispose: () => rm(root, { recursive: true, force: true }),
  };
}

const nearFirst = () => subject(({ near, far }) => SeveralBlobStores.of(near, far));
blobStoreConformance('several, a directory first', nearFirst);
blobStoreConformance('several, a directory behind', () => subject(({ near, far }) => SeveralBlobStores.of(far, near)));
keyListerConformance('several', nearFirst);
freeSpaceConformance('several', nearFirst);

describe('several stores', () => {
  let stores: Opened;
  /** As before the change of the first store, and after it. */
  let before: SeveralBlobStores;
  let after: SeveralBlobStores;

  beforeEach(async () => {
    stores = await opened(await mkdtemp(join(tmpdir(), 'entrepot-several-')));
    before = SeveralBlobStores.of(stores.near, stores.far);
    after = SeveralBlobStores.of(stores.far, stores.near);
  });
  afterEach(() => rm(stores.root, { recursive: true, force: true }));

  const here = () => filesBelow(join(stores.root, 'near'));
  const there = () => filesBelow(join(stores.root, 'far'));

  it('put what is new into the first, and hand out, tidy and delete what either of them holds', async () => {
    const [one, two] = [await put(stores.near, freshKey(), bytesOf(10)), await put(after, freshKey(), bytesOf(20))];
    expect([(await here()).length, (await there()).length]).toEqual([1, 1]);
    for (const store of [before, after]) {
      expect(await get(store, one)).toEqual(bytesOf(10));
      expect(await get(store, two, { start: 3, end: 9 })).toEqual(bytesOf(20).subarray(3, 10));
      await store.tidy(one);
    }
    await after.delete(one);
    expect([await here(), (await there()).length]).toEqual([[], 1]);
    await before.delete(two);
    expect(await there()).toEqual([]);
  });

  it('finish an upload where it began, after the first store has changed', async () => {
    const key = freshKey();
    let { state } = await append(before, key, await before.begin(key), bytesOf(10));
    ({ state } = await append(after, key, state, bytesOf(7)));
    expect(await buffer(await after.readState(key, state))).toEqual(Buffer.concat([bytesOf(10), bytesOf(7)]));
    const location = await after.commit(key, state);
    expect(stores.near.owns(location)).toBe(true);
    expect(await there()).toEqual([]);
    await after.delete(location);
  });

  it('remove everything under a key that is given up, in whichever store attempts began', async () => {
    const key = freshKey();
    const { state } = await append(before, key, await before.begin(key), bytesOf(1));
    await append(after, key, await after.begin(key), bytesOf(1));
    await before.abort(key, state);
    expect([...(await here()), ...(await there())]).toEqual([]);
    await append(before, key, await before.begin(key), bytesOf(1));
    await append(after, key, await after.begin(key), bytesOf(1));
    await before.abort(key, null);
    expect([...(await here()), ...(await there())]).toEqual([]);
    await append(after, key, await after.begin(key), bytesOf(1));
    await before.deleteKey(key);
    expect([...(await here()), ...(await there())]).toEqual([]);
  });

  it('say which settings are missing for a record of a store that is not among them', async () => {
    const alone = SeveralBlobStores.of(stores.near);
    const location = await put(stores.far, freshKey(), bytesOf(1));
    for (const act of [() => alone.read(location), () => alone.delete(location), () => alone.tidy(location)]) {
      await expect(act()).rejects.toThrow(ForeignBlobRecord);
    }
    expect(() => alone.memberOf(location)).toThrow('not named in the settings, which name directory');
  });

  it('have the abilities of whoever has them, for each blob those of its own store', async () => {
    expect([hasRegistryPlaces(before), hasRegistryPlaces(after), canListUnfinished(after)]).toEqual([true, true, true]);
    expect(['freeBytes' in before, 'freeBytes' in after]).toEqual([true, false]);
    const [one, two] = [await put(before, freshKey(), bytesOf(1)), await put(after, freshKey(), bytesOf(1))];
    expect([canOpenFile(memberFor(after, one)), canOpenFile(memberFor(after, two))]).toEqual([true, false]);
    expect(membersOf(SealedBlobStore.around({ store: after, seal: async () => ({ format: 'crc' }) }))).toEqual([
      stores.far,
      stores.near,
    ]);
    expect(membersOf(stores.near)).toEqual([stores.near]);
    if (!hasRegistryPlaces(after) || !canListUnfinished(after)) throw new Error('unreachable');
    await after.prepareRegistry('r1');
    expect([...stores.far.places]).toEqual(['r1']);
    await after.removeRegistry('r1');
    expect([...stores.far.places]).toEqual([]);
    stores.far.unfinished = [{ key: freshKey(), id: 'an id, with spaces', startedAt: new Date() }];
    for await (const write of after.listUnfinished('')) await after.abortUnfinished(write);
    expect(stores.far.unfinished).toEqual([]);
  });

  it('carry one identity, and are writable when all of them are', async () => {
    const identity = { installation: 'i', incarnation: '1' };
    await before.writeIdentity(identity);
    expect([await stores.near.identity(), await stores.far.identity()]).toEqual([identity, identity]);
    expect(await after.identity()).toEqual(identity);
    await before.checkWritable();
    await rm(join(stores.root, 'far'), { recursive: true });
    await expect(before.checkWritable()).rejects.toThrow();
  });

  it.each(['crc', 'raw'] as const)('serve sealed blobs (%s) whose bytes moved, byte for byte', async (format) => {
    const sealed = SealedBlobStore.around({ store: after, seal: async () => ({ format }) });
    const old = SealedBlobStore.around({ store: stores.near, seal: async () => ({ format }) });
    const bytes = bytesOf(3_000_001);
    const location = await put(old, freshKey(), bytes.subarray(0, 1_500_000), bytes.subarray(1_500_000));
    const { record, size, keyId } = storedRecordOf(location);
    expect([keyId, size]).toEqual([null, format === 'crc' ? 3_000_001 + 4 * 4 : 3_000_001]);
    const stored = await get(stores.near, record);
    expect(stored).toHaveLength(size ?? -1);
    const moved = withStoredRecord(location, await put(stores.far, freshKey(), stored));
    await old.delete(location);
    expect((await get(sealed, moved)).equals(bytes)).toBe(true);
    expect(await get(sealed, moved, { start: 1_499_990, end: 1_500_009 })).toEqual(
      bytes.subarray(1_499_990, 1_500_010),
    );
    expect(stores.far.owns(storedRecordOf(moved).record)).toBe(true);
  });

  it('know the store of a state below its seal, and of a record that was never sealed', async () => {
    const sealed = SealedBlobStore.around({ store: after, seal: async () => ({ format: 'crc' }) });
    expect(stores.far.owns(storedStateOf(await sealed.begin(freshKey())))).toBe(true);
    const plain = await put(stores.near, freshKey(), bytesOf(5));
    expect(storedRecordOf(plain)).toEqual({ record: plain, size: null, keyId: null });
    expect(withStoredRecord(plain, { elsewhere: {} })).toEqual({ elsewhere: {} });
    expect(storedStateOf(await stores.near.begin(freshKey()))).toEqual({ parts: [], size: 0 });
  });
});

describe('a store that was chosen', () => {
  it('is the driver itself when there is one', async () => {
    const root = await mkdtemp(join(tmpdir(), 'entrepot-several-'));
    const store = await openBlobStore({ driver: 'directory', root });
    expect(store).toBeInstanceOf(FilesystemBlobStore);
    await rm(root, { recursive: true });
  });
});
