import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { blobKey, registryPrefix } from '../keys.js';
import { type BlobStore, canListKeys, canMeasureFreeSpace, type FreeSpace, type KeyLister } from '../port.js';
import { append, bytesOf, put, type StoreUnderTest } from './subject.js';

/** For drivers that list their keys. */
export function keyListerConformance(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`keys of ${name}`, () => {
    const subject = madeOnce(makeStore);
    const keys = ['a1', 'x-b1', 'y-b1'].map((generation) => blobKey({ registryId: 'one', generation }));
    const stranger = blobKey({ registryId: 'one-more', generation: 'a1' });

    it('lists each key once, committed or not, and those of the prefix only', async () => {
      const store = lister(subject().store);
      await put(store, keys[0]!, bytesOf(1), bytesOf(1));
      await put(store, keys[1]!);
      await append(store, keys[2]!, await store.begin(keys[2]!), bytesOf(1));
      await put(store, stranger, bytesOf(1));
      await store.writeIdentity({ installation: 'i', incarnation: '1' });
      expect(await listed(store, '')).toEqual([...keys, stranger].toSorted());
      expect(await listed(store, registryPrefix('one'))).toEqual(keys);
      expect(await listed(store, keys[1]!.slice(0, -3))).toEqual([keys[1]]);
      expect(await listed(store, registryPrefix('none'))).toEqual([]);
      expect(await listed(store, '../')).toEqual([]);
      for (const key of [...keys, stranger]) await store.deleteKey(key);
      expect(await listed(store, '')).toEqual([]);
    });
  });
}

/** For drivers that know how much room is left. */
export function freeSpaceConformance(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`free space of ${name}`, () => {
    const subject = madeOnce(makeStore);

    it('is a whole number of bytes, more than none', async () => {
      const { store } = subject();
      if (!canMeasureFreeSpace(store)) throw new Error('this store does not measure free space');
      const free = await (store as FreeSpace).freeBytes();
      expect(Number.isInteger(free)).toBe(true);
      expect(free).toBeGreaterThan(0);
    });
  });
}

function madeOnce(makeStore: () => Promise<StoreUnderTest>): () => StoreUnderTest {
  let made: StoreUnderTest;
  beforeAll(async () => {
    made = await makeStore();
  });
  afterAll(() => made.dispose());
  return () => made;
}

function lister(store: BlobStore): BlobStore & KeyLister {
  if (!canListKeys(store)) throw new Error('this store does not list keys');
  return store;
}

async function listed(store: KeyLister, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.listKeys(prefix)) keys.push(key);
  return keys.toSorted();
}
