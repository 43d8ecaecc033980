import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { registryPrefix } from '../keys.js';
import {
  type BlobStore,
  canListUnfinished,
  canPresign,
  type Presigner,
  type UnfinishedWrite,
  type UnfinishedWrites,
} from '../port.js';
import { append, bytesOf, freshKey, gate, get, MIB, put, same, type StoreUnderTest } from './subject.js';

const REQUEST = {
  expiresInSeconds: 60,
  contentType: 'application/vnd.test+json',
  contentDisposition: 'attachment; filename="blob"',
};

/** For drivers that let clients fetch from the store. */
export function presignerConformance(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`presigned reads of ${name}`, () => {
    const subject = madeOnce(makeStore, (store): store is BlobStore & Presigner => canPresign(store));

    it('lets anyone who has the URL read the blob, whole and in ranges, under the type that was asked for', async () => {
      const store = subject();
      const bytes = bytesOf(9 * MIB);
      const location = await put(store, freshKey(), bytes);
      const url = (await store.presignRead(location, REQUEST)) as string;
      const whole = await fetch(url);
      expect([whole.status, whole.headers.get('content-type')]).toEqual([200, REQUEST.contentType]);
      expect(whole.headers.get('content-disposition')).toBe(REQUEST.contentDisposition);
      expect(same(Buffer.from(await whole.arrayBuffer()), bytes)).toBe(true);
      const part = await fetch(url, { headers: { range: 'bytes=10-19' } });
      expect(part.status).toBe(206);
      expect(same(Buffer.from(await part.arrayBuffer()), bytes.subarray(10, 20))).toBe(true);
      await store.delete(location);
    });

    it('allows nothing but to read this one blob', async () => {
      const store = subject();
      const [one, other] = [await put(store, freshKey(), bytesOf(10)), await put(store, freshKey(), bytesOf(20))];
      const url = (await store.presignRead(one, REQUEST)) as string;
      const otherUrl = (await store.presignRead(other, REQUEST)) as string;
      const moved = Object.assign(new URL(url), { pathname: new URL(otherUrl).pathname });
      const retyped = new URL(url);
      retyped.searchParams.set('response-content-type', 'text/html');
      const answers = [
        await fetch(url, { method: 'PUT', body: 'evil' }),
        await fetch(url, { method: 'DELETE' }),
        await fetch(moved),
        await fetch(retyped),
      ];
      for (const answer of answers) {
        await answer.arrayBuffer();
        expect(answer.status).toBe(403);
      }
      expect(same(await get(store, one), bytesOf(10))).toBe(true);
      for (const location of [one, other]) await store.delete(location);
    });

    it('ends when its time is over', async () => {
      const store = subject();
      const location = await put(store, freshKey(), bytesOf(10));
      const url = (await store.presignRead(location, { ...REQUEST, expiresInSeconds: 1 })) as string;
      await delay(2_100);
      const answer = await fetch(url);
      await answer.arrayBuffer();
      expect(answer.status).toBe(403);
      await store.delete(location);
    });

    it('has no URL for a blob that is not one object', async () => {
      const store = subject();
      const location = await put(store, freshKey(), bytesOf(6 * MIB), bytesOf(6 * MIB));
      expect(await store.presignRead(location, REQUEST)).toBeNull();
      await store.delete(location);
    });
  });
}

/** For drivers that can tell writes that never ended. */
export function unfinishedWritesConformance(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`unfinished writes of ${name}`, () => {
    const subject = madeOnce(makeStore, (store): store is BlobStore & UnfinishedWrites => canListUnfinished(store));

    it('tells a write that was begun and neither ended nor given up, and removes its parts', async () => {
      const store = subject();
      const key = freshKey();
      const held = gate();
      async function* source(): AsyncGenerator<Buffer> {
        for (let i = 0; i < 20; i++) yield bytesOf(MIB, i + 1);
        await held.opened;
      }
      const since = Date.now();
      const appended = store.append(key, await store.begin(key), source(), { limit: 64 * MIB });
      appended.catch(() => undefined);
      let found: UnfinishedWrite[] = [];
      for (let tries = 0; found.length === 0 && tries < 200; tries++) {
        await delay(50);
        found = await listed(store, key);
      }
      expect(found.map((write) => write.key)).toEqual([key]);
      expect(Math.abs((found[0]?.startedAt.getTime() ?? 0) - since)).toBeLessThan(60_000);
      expect((await listed(store, registryPrefix('conformance'))).length).toBe(1);
      expect(await listed(store, registryPrefix('one'))).toEqual([]);
      for (let i = 0; i < 2; i++) await store.abortUnfinished(found[0] as UnfinishedWrite);
      expect(await listed(store, key)).toEqual([]);
      held.open();
      await expect(appended).rejects.toThrow();
      await store.abort(key, null);
    });

    it('tells nothing of a write that ended', async () => {
      const store = subject();
      const key = freshKey();
      const { state } = await append(store, key, await store.begin(key), bytesOf(20 * MIB));
      expect(await listed(store, '')).toEqual([]);
      await store.abort(key, state);
    });
  });
}

async function listed(store: UnfinishedWrites, prefix: string): Promise<UnfinishedWrite[]> {
  const writes: UnfinishedWrite[] = [];
  for await (const write of store.listUnfinished(prefix)) writes.push(write);
  return writes;
}

function madeOnce<T extends BlobStore>(
  makeStore: () => Promise<StoreUnderTest>,
  can: (store: BlobStore) => store is T,
): () => T {
  let made: StoreUnderTest;
  beforeAll(async () => {
    made = await makeStore();
  });
  afterAll(async () => {
    expect(await made.leftovers()).toEqual([]);
    await made.dispose();
  });
  return () => {
    if (!can(made.store)) throw new Error('this store lacks the ability');
    return made.store;
  };
}
