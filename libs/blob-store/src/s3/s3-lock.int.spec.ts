import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { hasMinio, type S3Server, startMinio, startSeaweedfs, TestBucket } from '@entrepot/testing';
import type { LEGAL_HOLD_STATUS } from 'minio';
import { setTimeout as delay } from 'node:timers/promises';
import { append, bytesOf, freshKey, get, getState, MIB, put, same } from '../conformance/subject.js';
import { BlobStoreUnavailable } from '../errors.js';
import type { BlobLocation, WriterState } from '../port.js';
import { nameOf, type S3Object } from './records.js';
import { S3BlobStore } from './s3.store.js';

jest.setTimeout(120_000);

const SERVERS = [['SeaweedFS', startSeaweedfs] as const, ...(hasMinio() ? [['MinIO', startMinio] as const] : [])];

describe.each(SERVERS)('object lock of %s', (_name, start) => {
  let server: S3Server;
  let bucket: TestBucket;
  let store: S3BlobStore;

  beforeAll(async () => {
    server = await start();
    bucket = await TestBucket.make(server, { locking: true });
    store = await S3BlobStore.open({ ...server, giveUpMs: 5_000, bucket: bucket.name });
  });

  afterAll(() => server.stop());

  async function refusal(promise: Promise<unknown>): Promise<string> {
    const reason: unknown = await promise.then(
      () => 'not refused',
      (error: unknown) => error,
    );
    expect(reason).toBeInstanceOf(BlobStoreUnavailable);
    expect((reason as BlobStoreUnavailable).retryable).toBe(false);
    return (reason as Error).message;
  }

  const namesOf = (key: string, record: WriterState | BlobLocation): string[] =>
    (record['objects'] as S3Object[]).map(({ id }) => nameOf(key, id));
  const hold = async (name: string, status: 'ON' | 'OFF'): Promise<void> =>
    bucket.client.setObjectLegalHold(bucket.name, name, { status: status as LEGAL_HOLD_STATUS });
  const keeps = (name: string, term: string): RegExp =>
    new RegExp(
      `^object lock keeps version \\S+ of ${name.replaceAll('.', '\\.')} in the bucket ${bucket.name} ${term}: it can't be deleted before$`,
    );
  const HELD = 'until its legal hold is taken off';

  it('lets a delete go as far as a legal hold allows, says which object it keeps, and ends with it', async () => {
    const key = freshKey();
    const location = await put(store, key, bytesOf(6 * MIB), bytesOf(100));
    const [name = ''] = namesOf(key, location);
    await hold(name, 'ON');
    expect(await refusal(store.delete(location))).toMatch(keeps(name, HELD));
    expect(await bucket.contents()).toEqual([name]);
    await hold(name, 'OFF');
    await store.delete(location);
    expect(await bucket.contents()).toEqual([]);
  });

  it('keeps in mode COMPLIANCE until the time that it says, and not longer', async () => {
    const key = freshKey();
    const location = await put(store, key, bytesOf(100));
    const [name = ''] = namesOf(key, location);
    const end = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 4_000);
    const until = end.toISOString().slice(0, 19);
    // The client's types know no retention that is not empty.
    const retention = { mode: 'COMPLIANCE', retainUntilDate: `${until}Z` } as never;
    await bucket.client.putObjectRetention(bucket.name, name, retention);
    expect(await refusal(store.delete(location))).toMatch(keeps(name, `until ${until}\\S*Z \\(COMPLIANCE\\)`));
    await hold(name, 'ON');
    expect(await refusal(store.delete(location))).toMatch(
      keeps(name, `until ${until}\\S*Z \\(COMPLIANCE\\) and ${HELD}`),
    );
    expect(same(await get(store, location), bytesOf(100))).toBe(true);
    await delay(end.getTime() - Date.now() + 1_000);
    expect(await refusal(store.delete(location))).toMatch(keeps(name, HELD));
    await hold(name, 'OFF');
    await store.delete(location);
    expect(await bucket.contents()).toEqual([]);
  });

  it('makes tidying say what it keeps of a tail that was written again, and takes nothing from the blob', async () => {
    const key = freshKey();
    const seeds = Array.from({ length: 17 }, (_, i) => i + 1);
    let state = await store.begin(key);
    for (const seed of seeds.slice(0, -1)) ({ state } = await append(store, key, state, bytesOf(100, seed)));
    const [tail = ''] = namesOf(key, state);
    await hold(tail, 'ON');
    // Sixteen small objects at the end become one.
    ({ state } = await append(store, key, state, bytesOf(100, seeds.at(-1))));
    const expected = Buffer.concat(seeds.map((seed) => bytesOf(100, seed)));
    const location = await store.commit(key, state);
    expect(namesOf(key, location)).toHaveLength(1);
    expect(await refusal(store.tidy(location))).toMatch(keeps(tail, HELD));
    expect(same(await get(store, location), expected)).toBe(true);
    await hold(tail, 'OFF');
    await store.tidy(location);
    expect((await bucket.contents()).toSorted()).toEqual(namesOf(key, location).toSorted());
    expect(same(await get(store, location), expected)).toBe(true);
    await store.delete(location);
    expect(await bucket.contents()).toEqual([]);
  });

  it('makes an abort say what it keeps, which a later one removes', async () => {
    const key = freshKey();
    const one = await append(store, key, await store.begin(key), bytesOf(6 * MIB));
    const two = await append(store, key, one.state, bytesOf(100));
    const [first = ''] = namesOf(key, one.state);
    await hold(first, 'ON');
    expect(await refusal(store.abort(key, two.state))).toMatch(keeps(first, HELD));
    expect(await bucket.contents()).toEqual([first]);
    await hold(first, 'OFF');
    await store.abort(key, null);
    expect(await bucket.contents()).toEqual([]);
  });

  it('does not hide why an append failed, nor touch the state that it began with', async () => {
    const locked = await TestBucket.make(server, { lockDays: 1 });
    const itsStore = await S3BlobStore.open({ ...server, giveUpMs: 5_000, bucket: locked.name });
    const key = freshKey();
    const { state } = await append(itsStore, key, await itsStore.begin(key), bytesOf(100));
    const limit = 5 * MIB;
    const cut = new Error('the client left');
    async function* failing(): AsyncGenerator<Buffer> {
      yield bytesOf(limit);
      throw cut;
    }
    await expect(itsStore.append(key, state, failing(), { limit })).rejects.toBe(cut);
    expect(same(await getState(itsStore, key, state), bytesOf(100))).toBe(true);
    const { state: after } = await append(itsStore, key, state, bytesOf(100, 2));
    const location = await itsStore.commit(key, after);
    expect(same(await get(itsStore, location), Buffer.concat([bytesOf(100), bytesOf(100, 2)]))).toBe(true);
    expect((await locked.contents()).filter((name) => name.endsWith('(upload)'))).toEqual([]);
  });
});
