import { describe, expect, it } from '@jest/globals';
import {
  append,
  bytesOf,
  chunksOf,
  freshKey,
  get,
  getState,
  MIB,
  put,
  same,
  type Subject,
  throughJson,
} from './subject.js';

export function writingSuite(subject: Subject): void {
  describe('writing', () => {
    it('keeps a blob of zero bytes, whether it was appended or not', async () => {
      const { store } = subject();
      for (const parts of [[], [Buffer.alloc(0)]]) {
        const location = await put(store, freshKey(), ...parts);
        expect((await get(store, location)).length).toBe(0);
        await store.delete(location);
      }
    });

    it('keeps a blob of one part', async () => {
      const { store } = subject();
      const bytes = bytesOf(300_001);
      const location = await put(store, freshKey(), bytes);
      expect(same(await get(store, location), bytes)).toBe(true);
      await store.delete(location);
    });

    it('keeps a blob of many parts, parts of one byte among them', async () => {
      const { store } = subject();
      const parts = [1, 1, 70_000, 6 * MIB + 1, 1, 0, 3, 5 * MIB, 1].map((size, index) => bytesOf(size, index + 1));
      const location = await put(store, freshKey(), ...parts);
      expect(same(await get(store, location), Buffer.concat(parts))).toBe(true);
      await store.delete(location);
    });

    it('says how many bytes each append wrote', async () => {
      const { store } = subject();
      const key = freshKey();
      const first = await append(store, key, await store.begin(key), bytesOf(1000));
      const second = await append(store, key, first.state, bytesOf(7));
      expect([first.written, second.written]).toEqual([1000, 7]);
      await store.abort(key, second.state);
    });

    it('takes any async iterable of bytes and shows each chunk once, in order', async () => {
      const { store } = subject();
      const key = freshKey();
      const bytes = bytesOf(3 * MIB + 17);
      const seen: Buffer[] = [];
      async function* source(): AsyncGenerator<Uint8Array> {
        for (const chunk of chunksOf(bytes, 100_003)) yield new Uint8Array(chunk);
      }
      const { state } = await store.append(key, await store.begin(key), source(), {
        limit: bytes.length,
        onChunk: (chunk) => seen.push(Buffer.from(chunk)),
      });
      expect(same(Buffer.concat(seen), bytes)).toBe(true);
      expect(same(await getState(store, key, state), bytes)).toBe(true);
      await store.abort(key, state);
    });

    it('shows the bytes of an uncommitted state, and only those of that state', async () => {
      const { store } = subject();
      const key = freshKey();
      const begun = await store.begin(key);
      const first = await append(store, key, begun, bytesOf(200_000, 1));
      const second = await append(store, key, first.state, bytesOf(100_000, 2));
      expect((await getState(store, key, begun)).length).toBe(0);
      expect(same(await getState(store, key, first.state), bytesOf(200_000, 1))).toBe(true);
      const both = Buffer.concat([bytesOf(200_000, 1), bytesOf(100_000, 2)]);
      expect(same(await getState(store, key, second.state), both)).toBe(true);
      await store.abort(key, second.state);
    });

    it('gives the same location when a state is committed again', async () => {
      const { store } = subject();
      const key = freshKey();
      const bytes = bytesOf(100_000);
      const { state } = await append(store, key, await store.begin(key), bytes);
      const location = await store.commit(key, state);
      expect(await store.commit(key, throughJson(state))).toEqual(location);
      expect(same(await get(store, location), bytes)).toBe(true);
      await store.delete(location);
    });

    it('goes on in another process from a state that was kept as JSON', async () => {
      const { reopen } = subject();
      const key = freshKey();
      const parts = [bytesOf(6 * MIB, 1), bytesOf(10, 2), bytesOf(100_000, 3)];
      let state = throughJson(await (await reopen()).begin(key));
      for (const part of parts) state = throughJson((await append(await reopen(), key, state, part)).state);
      const location = throughJson(await (await reopen()).commit(key, state));
      expect(same(await get(await reopen(), location), Buffer.concat(parts))).toBe(true);
      await (await reopen()).delete(location);
    });

    it('keeps many blobs apart that are written at once', async () => {
      const { store } = subject();
      const sizes = Array.from({ length: 24 }, (_, index) => index * 40_000 + 1);
      const locations = await Promise.all(
        sizes.map((size, index) => put(store, freshKey(), bytesOf(size, index + 1), bytesOf(5, index + 100))),
      );
      for (const [index, location] of locations.entries()) {
        const expected = Buffer.concat([bytesOf(sizes[index] ?? 0, index + 1), bytesOf(5, index + 100)]);
        expect(same(await get(store, location), expected)).toBe(true);
      }
      await Promise.all(locations.map((location) => store.delete(location)));
    });

    it.each([
      '../evil',
      'registries/../evil',
      '/etc/passwd',
      'registries//x',
      'a.b',
      'A',
      '',
      'x\0y',
      'a/'.repeat(300) + 'a',
    ])('refuses the key %j', async (key) => {
      const { store } = subject();
      await expect(store.begin(key)).rejects.toBeInstanceOf(RangeError);
      await expect(append(store, key, {}, bytesOf(1))).rejects.toBeInstanceOf(RangeError);
      await expect(store.deleteKey(key)).rejects.toBeInstanceOf(RangeError);
    });
  });
}
