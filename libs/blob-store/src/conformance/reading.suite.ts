import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { BlobMissing } from '../errors.js';
import type { BlobLocation } from '../port.js';
import { append, bytesOf, freshKey, get, MIB, put, same, type Subject } from './subject.js';

/** Most that a reader may hold for a consumer that does not read. */
const MAX_READ_AHEAD = 8 * MIB;

export function readingSuite(subject: Subject): void {
  describe('reading', () => {
    const parts = [bytesOf(1000, 1), bytesOf(1, 2), bytesOf(2 * MIB, 3), bytesOf(5, 4)];
    const whole = Buffer.concat(parts);
    const last = whole.length - 1;
    let location: BlobLocation;

    beforeAll(async () => {
      location = await put(subject().store, freshKey(), ...parts);
    });

    afterAll(() => subject().store.delete(location));

    it.each([
      ['the first byte', 0, 0],
      ['the last byte', last, last],
      ['everything', 0, last],
      ['inside the first part', 10, 19],
      ['a whole part of one byte', 1000, 1000],
      ['the last byte of a part', 999, 999],
      ['the first byte of a part', 1001, 1001],
      ['across two borders', 998, 1003],
      ['across all borders', 999, last - 1],
      ['inside a large part', 1_000_000, 1_800_000],
      ['across a border of 1 MiB', 1001 + MIB - 1, 1001 + MIB],
      ['the tail', last - 10, last],
    ])('reads the range of %s', async (_, start, end) => {
      const bytes = await get(subject().store, location, { start, end });
      expect(same(bytes, whole.subarray(start, end + 1))).toBe(true);
    });

    it.each([
      [last + 1, last + 1],
      [0, last + 1],
      [5, 4],
      [-1, 4],
      [0.5, 4],
      [0, Number.NaN],
    ])('refuses the range %d-%d, which is not inside the blob', async (start, end) => {
      await expect(subject().store.read(location, { start, end })).rejects.toBeInstanceOf(RangeError);
    });

    it('has no range of a blob of zero bytes', async () => {
      const { store } = subject();
      const empty = await put(store, freshKey());
      await expect(store.read(empty, { start: 0, end: 0 })).rejects.toBeInstanceOf(RangeError);
      await store.delete(empty);
    });

    it('serves many readers at once', async () => {
      const { store } = subject();
      const reads = Array.from({ length: 16 }, (_, i) => get(store, location, { start: i * 997, end: last - i }));
      for (const [i, bytes] of (await Promise.all(reads)).entries()) {
        expect(same(bytes, whole.subarray(i * 997, last - i + 1))).toBe(true);
      }
    });

    it('holds little for a reader that does not read, and lets it leave', async () => {
      const { store } = subject();
      const large = await put(store, freshKey(), bytesOf(32 * MIB));
      const stream = await store.read(large);
      await once(stream, 'readable');
      stream.read(1);
      await delay(200);
      expect(stream.readableLength).toBeLessThanOrEqual(MAX_READ_AHEAD);
      stream.destroy();
      await once(stream, 'close');
      await store.delete(large);
    });

    it('finds no blob where none was written', async () => {
      const { store } = subject();
      const deleted = await put(store, freshKey(), bytesOf(10), bytesOf(10));
      await store.delete(deleted);
      await expect(store.read(deleted)).rejects.toBeInstanceOf(BlobMissing);
      await expect(store.read(deleted, { start: 12, end: 13 })).rejects.toBeInstanceOf(BlobMissing);
    });

    it('finds nothing of an upload that was aborted, and does not commit it', async () => {
      const { store } = subject();
      const key = freshKey();
      const { state } = await append(store, key, await store.begin(key), bytesOf(10));
      await store.abort(key, state);
      await expect(store.readState(key, state)).rejects.toBeInstanceOf(BlobMissing);
      await expect(store.commit(key, state)).rejects.toBeInstanceOf(BlobMissing);
    });
  });
}
