import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { BlobTooLarge } from '../errors.js';
import type { Appended, BlobStore, WriterState } from '../port.js';
import { append, bytesOf, freshKey, gate, get, getState, MIB, put, same, sourceOf, type Subject } from './subject.js';

const LIMIT = { limit: 64 * MIB };

/** Two appends from one state, in two processes, each of which begins before the other ends. */
async function overlap(
  one: BlobStore,
  other: BlobStore,
  key: string,
  state: WriterState,
): Promise<[Appended, Appended]> {
  const gates = [gate(), gate()] as const;
  async function* half(mine: 0 | 1): AsyncGenerator<Buffer> {
    yield bytesOf(2 * MIB, mine + 1);
    gates[mine].open();
    await gates[mine === 0 ? 1 : 0].opened;
    yield bytesOf(2 * MIB, mine + 3);
  }
  return Promise.all([one.append(key, state, half(0), LIMIT), other.append(key, state, half(1), LIMIT)]);
}

const bytesOfAttempt = (mine: 0 | 1): Buffer => Buffer.concat([bytesOf(2 * MIB, mine + 1), bytesOf(2 * MIB, mine + 3)]);

export function attemptsSuite(subject: Subject): void {
  describe('attempts', () => {
    it.each([0, 1] as const)('keeps two overlapping attempts apart and commits attempt %i', async (kept) => {
      const { store, reopen } = subject();
      const key = freshKey();
      const first = await append(store, key, await store.begin(key), bytesOf(9));
      const attempts = await overlap(store, await reopen(), key, first.state);
      for (const mine of [0, 1] as const) {
        const expected = Buffer.concat([bytesOf(9), bytesOfAttempt(mine)]);
        expect(same(await getState(store, key, attempts[mine].state), expected)).toBe(true);
      }
      const last = await append(store, key, attempts[kept].state, bytesOf(11));
      const location = await store.commit(key, last.state);
      const expected = Buffer.concat([bytesOf(9), bytesOfAttempt(kept), bytesOf(11)]);
      expect(same(await get(store, location), expected)).toBe(true);
      await store.delete(location);
    });

    it('lets an attempt that comes too late take nothing from the blob that was committed', async () => {
      const { store, reopen, leftovers } = subject();
      const key = freshKey();
      const begun = await store.begin(key);
      const kept = await append(store, key, begun, bytesOf(100));
      const location = await store.commit(key, kept.state);
      const rival = await reopen();
      const late = await append(rival, key, begun, bytesOf(200));
      // The row refuses its commit after this, and so nobody tidies for it.
      await rival.commit(key, late.state);
      expect(same(await get(store, location), bytesOf(100))).toBe(true);
      await store.tidy(location);
      expect(same(await get(store, location), bytesOf(100))).toBe(true);
      await store.delete(location);
      expect(await leftovers()).toEqual([]);
    });

    it('removes when it tidies what other attempts left', async () => {
      const { store, reopen, leftovers } = subject();
      const alone = await put(store, freshKey(), bytesOfAttempt(1));
      const expected = (await leftovers()).length;
      const key = freshKey();
      const [, kept] = await overlap(store, await reopen(), key, await store.begin(key));
      // An attempt after the kept one, whose row never committed.
      await append(store, key, kept.state, bytesOf(100));
      const location = await store.commit(key, kept.state);
      await store.tidy(location);
      expect((await leftovers()).length).toBe(2 * expected);
      expect(same(await get(store, location), bytesOfAttempt(1))).toBe(true);
      await store.delete(alone);
      await store.delete(location);
    });

    it('removes when it tidies an append after the kept state, whose row never committed', async () => {
      const { store, leftovers } = subject();
      for (const parts of [[], [bytesOf(100)]]) {
        const alone = await put(store, freshKey(), ...parts);
        const expected = (await leftovers()).length;
        const key = freshKey();
        let state = await store.begin(key);
        for (const part of parts) ({ state } = await append(store, key, state, part));
        await append(store, key, state, bytesOf(200));
        const location = await store.commit(key, state);
        await store.tidy(location);
        expect((await leftovers()).length).toBe(2 * expected);
        expect(same(await get(store, location), Buffer.concat(parts))).toBe(true);
        await store.delete(alone);
        await store.delete(location);
      }
    });

    it('removes all attempts when a contested upload is aborted, also without its state', async () => {
      const { store, reopen, leftovers } = subject();
      for (const lost of [true, false]) {
        const key = freshKey();
        const state = await store.begin(key);
        await overlap(store, await reopen(), key, state);
        await store.abort(key, lost ? null : state);
        await store.abort(key, lost ? null : state);
        expect(await leftovers()).toEqual([]);
      }
    });

    it('deletes with a blob what an attempt wrote after its commit', async () => {
      const { store, leftovers } = subject();
      const key = freshKey();
      const state = await store.begin(key);
      const kept = await append(store, key, state, bytesOf(100));
      const location = await store.commit(key, kept.state);
      await append(store, key, state, bytesOf(200)).catch(() => undefined);
      expect(same(await get(store, location), bytesOf(100))).toBe(true);
      await store.delete(location);
      expect(await leftovers()).toEqual([]);
    });

    it('aborts an upload that was never begun', async () => {
      const { store } = subject();
      await expect(store.abort(freshKey(), null)).resolves.toBeUndefined();
    });

    it('accepts as many bytes as the limit says and not one more', async () => {
      const { store } = subject();
      const key = freshKey();
      const begun = await store.begin(key);
      const full = await store.append(key, begun, sourceOf(bytesOf(100_000)), { limit: 100_000 });
      const excess = store.append(key, full.state, sourceOf(bytesOf(100_001)), { limit: 100_000 });
      await expect(excess).rejects.toBeInstanceOf(BlobTooLarge);
      await goesOn(store, key, full.state, bytesOf(100_000));
    });

    it('leaves the source alive when it refuses it, so that its client can be answered', async () => {
      const { store } = subject();
      const key = freshKey();
      const source = sourceOf(bytesOf(4 * MIB));
      const state = await store.begin(key);
      await expect(store.append(key, state, source, { limit: MIB })).rejects.toBeInstanceOf(BlobTooLarge);
      expect(source.destroyed).toBe(false);
      source.destroy();
      await store.abort(key, state);
    });

    it('fails with the error of the source and changes nothing', async () => {
      const { store } = subject();
      const key = freshKey();
      const { state } = await append(store, key, await store.begin(key), bytesOf(1000));
      // With the fields of a system error, as a socket's has: it must not be taken for one of the store.
      const cut = Object.assign(new Error('the client left'), { code: 'ECONNRESET', syscall: 'read' });
      async function* failing(): AsyncGenerator<Buffer> {
        yield bytesOf(6 * MIB);
        throw cut;
      }
      await expect(store.append(key, state, failing(), LIMIT)).rejects.toBe(cut);
      await goesOn(store, key, state, bytesOf(1000));
    });

    it('ends with the reason of the signal while the source is silent, and changes nothing', async () => {
      const { store } = subject();
      const key = freshKey();
      const { state } = await append(store, key, await store.begin(key), bytesOf(1000));
      const silent = gate();
      async function* source(): AsyncGenerator<Buffer> {
        yield bytesOf(6 * MIB);
        await silent.opened;
      }
      const controller = new AbortController();
      const appended = store.append(key, state, source(), { ...LIMIT, signal: controller.signal });
      const reason = new Error('shutting down');
      setTimeout(() => controller.abort(reason), 20);
      await expect(appended).rejects.toBe(reason);
      silent.open();
      await goesOn(store, key, state, bytesOf(1000));
    });

    it('does not touch the source when the signal has already fired', async () => {
      const { store } = subject();
      const key = freshKey();
      const state = await store.begin(key);
      const reason = new Error('too late');
      const signal = AbortSignal.abort(reason);
      let touched = false;
      async function* source(): AsyncGenerator<Buffer> {
        touched = true;
        yield bytesOf(10);
      }
      await expect(store.append(key, state, source(), { ...LIMIT, signal })).rejects.toBe(reason);
      expect(touched).toBe(false);
      await goesOn(store, key, state, Buffer.alloc(0));
    });

    it('fails when a source ends before its end, rather than keep half of it', async () => {
      const { store } = subject();
      const key = freshKey();
      const state = await store.begin(key);
      const source = sourceOf(bytesOf(4 * MIB), 16_384);
      const appended = store.append(key, state, source, { ...LIMIT, onChunk: () => void source.destroy() });
      await expect(appended).rejects.toThrow();
      await goesOn(store, key, state, Buffer.alloc(0));
    });
  });

  /** `state` still holds `before`, takes more, and the failed attempt is neither in the blob nor beside it. */
  async function goesOn(store: BlobStore, key: string, state: WriterState, before: Buffer): Promise<void> {
    expect(same(await getState(store, key, state), before)).toBe(true);
    const { state: after } = await append(store, key, state, bytesOf(500, 9));
    const location = await store.commit(key, after);
    expect(same(await get(store, location), Buffer.concat([before, bytesOf(500, 9)]))).toBe(true);
    await store.delete(location);
    await delay(1);
    expect(await subject().leftovers()).toEqual([]);
  }
}
