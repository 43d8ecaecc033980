import { describe, expect, it } from '@jest/globals';
import { BlobMissing } from '../errors.js';
import { blobKey } from '../keys.js';
import { append, bytesOf, freshKey, get, put, same, type Subject } from './subject.js';

export function keepingSuite(subject: Subject): void {
  describe('deleting', () => {
    it('deletes a blob, again and again', async () => {
      const { store, leftovers } = subject();
      for (const parts of [[], [bytesOf(10)], [bytesOf(10), bytesOf(20)]]) {
        const location = await put(store, freshKey(), ...parts);
        await store.delete(location);
        await store.delete(location);
        await expect(store.read(location)).rejects.toBeInstanceOf(BlobMissing);
      }
      expect(await leftovers()).toEqual([]);
    });

    it('deletes by key what was committed and what was not', async () => {
      const { store, leftovers } = subject();
      const [committed, open] = [freshKey(), freshKey()];
      const location = await put(store, committed, bytesOf(10), bytesOf(10));
      await append(store, open, await store.begin(open), bytesOf(10));
      for (const key of [committed, open, committed, open]) await store.deleteKey(key);
      await expect(store.read(location)).rejects.toBeInstanceOf(BlobMissing);
      expect(await leftovers()).toEqual([]);
    });

    it('leaves a blob alone whose key begins with that of a deleted one', async () => {
      const { store } = subject();
      // The same two last characters: both lie in one place.
      const [short, long] = ['7-aa', '7-aa-7-aa'].map((generation) => blobKey({ registryId: 'prefixes', generation }));
      const first = await put(store, short!, bytesOf(10));
      const second = await put(store, long!, bytesOf(20));
      await store.deleteKey(short!);
      await store.delete(first);
      await store.abort(short!, null);
      expect(same(await get(store, second), bytesOf(20))).toBe(true);
      await store.delete(second);
    });
  });

  describe('the store itself', () => {
    it('checks that it can be written to and leaves no trace of that', async () => {
      const { store, leftovers } = subject();
      await store.checkWritable();
      expect(await leftovers()).toEqual([]);
    });

    it('has no identity until one is written, then the last that was', async () => {
      const { store, reopen } = subject();
      expect(await store.identity()).toBeNull();
      await store.writeIdentity({ installation: 'i-1', incarnation: '1' });
      await store.writeIdentity({ installation: 'i-1', incarnation: '2' });
      expect(await (await reopen()).identity()).toEqual({ installation: 'i-1', incarnation: '2' });
    });
  });
}
