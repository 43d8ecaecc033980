import { randomBytes, createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  blobStoreConformance,
  freeSpaceConformance,
  keyListerConformance,
} from '../conformance/blob-store.conformance.js';
import { append, bytesOf, freshKey, get, MIB, put, same, sourceOf, throughJson } from '../conformance/subject.js';
import { BlobCorrupt, ForeignBlobRecord } from '../errors.js';
import { FilesystemBlobStore } from '../filesystem/filesystem.store.js';
import { canPresign, type JsonObject } from '../port.js';
import type { FrameFormat } from './frame-layout.js';
import { describeLocation } from './records.js';
import { segmentPool } from './segment-memory.js';
import { SealedBlobStore } from './sealed.store.js';
import {
  filesBelow,
  KeysInMemory,
  pumped,
  sealedAround,
  sealedUnderTest,
  type SealedUnderTest,
} from './spec/sealed-under-test.js';

function crcOf(bytes: Uint8Array): Buffer {
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(bytes));
  return check;
}

const FORMATS: FrameFormat[] = ['crc', 'aes', 'raw'];

for (const format of FORMATS) {
  blobStoreConformance(`sealed (${format}) directory`, () => sealedUnderTest(format));
  blobStoreConformance(`sealed (${format}) store that streams`, () => sealedUnderTest(format, true));
}
keyListerConformance('sealed directory', () => sealedUnderTest('crc'));
freeSpaceConformance('sealed directory', () => sealedUnderTest('crc'));

describe('a sealed store', () => {
  let made: SealedUnderTest | null = null;
  const subject = async (format: FrameFormat): Promise<SealedUnderTest> => (made = await sealedUnderTest(format));

  afterEach(async () => {
    await made?.dispose();
    made = null;
    expect(segmentPool.used).toBe(0);
  });

  describe.each(FORMATS)('in format %s', (format) => {
    it('hands out every byte of any range, as a stream and from memory that it uses again', async () => {
      const { store } = await subject(format);
      const sizes = [3 * MIB, 1, MIB, MIB + 1, 700_000, MIB - 1];
      const parts = sizes.map((size, index) => bytesOf(size, index + 1));
      const whole = Buffer.concat(parts);
      const location = throughJson(await put(store, freshKey(), ...parts));
      expect(same(await pumped(store, location), whole)).toBe(true);
      for (let round = 0; round < 60; round++) {
        const [one, other] = [0, 0].map(() => Math.floor(Math.random() * whole.length)) as [number, number];
        const range = { start: Math.min(one, other), end: Math.max(one, other) };
        const expected = whole.subarray(range.start, range.end + 1);
        const bytes = round % 2 ? await get(store, location, range) : await pumped(store, location, range);
        if (!same(bytes, expected))
          throw new Error(`bytes ${range.start}-${range.end} of parts of ${sizes.join()} differ`);
      }
    });

    it('digests what it takes, as much as it takes, and goes on in the next append', async () => {
      const { store } = await subject(format);
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const digest = store.newDigest(algorithm);
        const parts = [bytesOf(10, 1), bytesOf(3 * MIB + 5, 2), bytesOf(2 * MIB, 3), bytesOf(7, 4)];
        for (const skip of [0, 1]) {
          const running = skip ? store.newDigest(algorithm) : digest;
          const key = freshKey();
          let state = await store.begin(key);
          for (const part of parts.slice(skip)) {
            ({ state } = await store.append(key, state, sourceOf(part), { limit: 10 * MIB, digest: running }));
          }
          const expected = createHash(algorithm)
            .update(Buffer.concat(parts.slice(skip)))
            .digest('hex');
          expect(await running.hex()).toBe(expected);
          running.discard();
          await store.abort(key, state);
        }
      }
    });

    it('goes on with an upload and reads a blob from before blobs were sealed', async () => {
      const { store, root } = await subject(format);
      const before = await FilesystemBlobStore.open({ root });
      const earlier = await put(before, freshKey(), bytesOf(10), bytesOf(2 * MIB + 3, 2));
      const expected = Buffer.concat([bytesOf(10), bytesOf(2 * MIB + 3, 2)]);
      expect(same(await get(store, earlier), expected)).toBe(true);
      expect(same(await pumped(store, earlier), expected)).toBe(true);
      expect(same(await get(store, earlier, { start: 5, end: MIB }), expected.subarray(5, MIB + 1))).toBe(true);

      const key = freshKey();
      const begun = await append(before, key, await before.begin(key), bytesOf(100));
      const digest = store.newDigest('sha256');
      const after = await store.append(key, begun.state, sourceOf(bytesOf(50, 2)), { limit: 50, digest });
      expect(await digest.hex()).toBe(createHash('sha256').update(bytesOf(50, 2)).digest('hex'));
      const location = await store.commit(key, after.state);
      expect(same(await get(store, location), Buffer.concat([bytesOf(100), bytesOf(50, 2)]))).toBe(true);
      await store.delete(location);
      await store.delete(earlier);
    });

    it('gives back all memory when an append is refused at any byte', async () => {
      const { store } = await subject(format);
      for (const limit of [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB]) {
        const key = freshKey();
        const appended = store.append(key, await store.begin(key), sourceOf(bytesOf(4 * MIB)), { limit });
        await expect(appended).rejects.toThrow(`more than ${limit} bytes`);
      }
    });

    it('gives each chunk of the source back once, also when it fails', async () => {
      const { store } = await subject(format);
      for (const limit of [10 * MIB, 2 * MIB]) {
        const [sent, back] = [new Set<Uint8Array>(), [] as Uint8Array[]];
        async function* source(): AsyncGenerator<Uint8Array> {
          for (let turn = 0; turn < 60; turn++) {
            const chunk = randomBytes(100_000);
            sent.add(chunk);
            yield chunk;
          }
        }
        const key = freshKey();
        const options = { limit, onReleased: (chunk: Uint8Array) => void back.push(chunk) };
        await store.append(key, await store.begin(key), source(), options).catch(() => undefined);
        expect(back).toHaveLength(sent.size);
        expect(new Set(back)).toEqual(sent);
        await store.abort(key, null);
      }
    });

    it('frees the chunks that nobody else has, and spares those that lie in memory with others', async () => {
      const { store } = await subject(format);
      const [own, shared] = [Buffer.from(bytesOf(2 * MIB + 7)), Buffer.alloc(100, 7)];
      async function* source(): AsyncGenerator<Uint8Array> {
        yield own;
        yield shared.subarray(10, 20);
      }
      const key = freshKey();
      const { state } = await store.append(key, await store.begin(key), source(), { limit: 10 * MIB, consume: true });
      expect([own.length, shared.length]).toEqual([0, 100]);
      const location = await store.commit(key, state);
      const expected = Buffer.concat([bytesOf(2 * MIB + 7), Buffer.alloc(10, 7)]);
      expect(same(await get(store, location), expected)).toBe(true);
      await store.delete(location);
    });

    it('gives back all memory when a taker fails, and says why', async () => {
      const { store } = await subject(format);
      const location = await put(store, freshKey(), bytesOf(5 * MIB));
      const pump = await store.openPump(location);
      const gone = new Error('the client is gone');
      let turn = 0;
      await expect(pump(async () => (turn++ === 2 ? Promise.reject(gone) : undefined))).rejects.toBe(gone);
    });

    it('never has more than two segments with the taker, and one when memory is scarce', async () => {
      const { store } = await subject(format);
      const location = await put(store, freshKey(), bytesOf(6 * MIB));
      const most = async (): Promise<number> => {
        let [held, highest] = [0, 0];
        const pump = await store.openPump(location);
        await pump(async () => {
          highest = Math.max(highest, ++held);
          await new Promise((resolve) => setTimeout(resolve, 2));
          held--;
        });
        return highest;
      };
      expect(await most()).toBe(2);
      const hoard = Array.from({ length: 256 }, () => segmentPool.take());
      expect(await most()).toBe(1);
      const key = freshKey();
      const { written } = await append(store, key, await store.begin(key), bytesOf(4 * MIB));
      expect(written).toBe(4 * MIB);
      for (const memory of hoard) segmentPool.give(memory);
    });
  });

  it('holds two segments at most for each of 50 readers that do not read', async () => {
    const { store } = await subject('aes');
    const location = await put(store, freshKey(), bytesOf(8 * MIB));
    let release!: () => void;
    const stalled = new Promise<void>((resolve) => (release = resolve));
    const pumps = await Promise.all(Array.from({ length: 50 }, () => store.openPump(location)));
    let bytes = 0;
    const ended = pumps.map((pump) => pump((piece) => ((bytes += piece.length), stalled)));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(segmentPool.used).toBeLessThanOrEqual(100);
    release();
    await Promise.all(ended);
    expect(bytes).toBe(50 * 8 * MIB);
  });

  it('reads checks from before they knew their place, and goes on with such an upload', async () => {
    const { store, root } = await subject('crc');
    const key = freshKey();
    const early = bytesOf(MIB + 10);
    const frames = [early.subarray(0, MIB), early.subarray(MIB)].flatMap((bytes) => [bytes, crcOf(bytes)]);
    const before = await FilesystemBlobStore.open({ root });
    const { state: inner } = await append(before, key, await before.begin(key), Buffer.concat(frames));
    const state = { v: 1, format: 'crc', runs: [early.length], inner };
    expect(same(await buffer(await store.readState(key, state)), early)).toBe(true);
    const location = throughJson(await store.commit(key, (await append(store, key, state, bytesOf(50, 2))).state));
    const whole = Buffer.concat([early, bytesOf(50, 2)]);
    expect(same(await get(store, location), whole)).toBe(true);
    expect(same(await pumped(store, location, { start: MIB, end: MIB + 20 }), whole.subarray(MIB, MIB + 21))).toBe(
      true,
    );
    const [file] = await filesBelow(root);
    const bytes = await readFile(file!);
    bytes[MIB + 5]! ^= 1;
    await writeFile(file!, bytes);
    await expect(get(store, location)).rejects.toBeInstanceOf(BlobCorrupt);
  });

  it('reads old blobs with their key when the registry has another', async () => {
    const { store, keys } = await subject('aes');
    const old = await put(store, freshKey(), bytesOf(100));
    keys.rotate();
    const young = await put(store, freshKey(), bytesOf(100, 2));
    expect([old, young].map((location) => describeLocation(location))).toEqual([
      { format: 'aes', keyId: 'key-1', size: 100 },
      { format: 'aes', keyId: 'key-2', size: 100 },
    ]);
    expect(same(await get(store, old), bytesOf(100))).toBe(true);
    expect(same(await get(store, young), bytesOf(100, 2))).toBe(true);
  });

  it('never stores the same bytes twice alike, and draws an attempt anew for each append from one state', async () => {
    const { store } = await subject('aes');
    const key = freshKey();
    const begun = await store.begin(key);
    const attempts = new Set<string>();
    for (let turn = 0; turn < 20; turn++) {
      const { state } = await append(store, key, begun, bytesOf(100));
      attempts.add(JSON.stringify(state['runs']));
    }
    expect(attempts.size).toBe(20);
    await store.abort(key, null);
  });

  it('says so when a blob is encrypted and there are no keys', async () => {
    const { store, root } = await subject('aes');
    const location = await put(store, freshKey(), bytesOf(100));
    const keyless = SealedBlobStore.around({
      store: await FilesystemBlobStore.open({ root }),
      seal: async () => ({ format: 'crc' }),
    });
    await expect(keyless.read(location)).rejects.toBeInstanceOf(ForeignBlobRecord);
  });

  it.each([
    [{ v: 2 }],
    [{ v: 1, format: 'zip', runs: [], inner: {} }],
    [{ v: 1, format: 'crc', runs: [0], inner: {} }],
    [{ v: 1, format: 'crc', runs: ['1'], inner: {} }],
    [{ v: 1, format: 'raw', runs: [[1, 'AAAAAAAAAAAAAAAAAAAAAA']], inner: {} }],
    [{ v: 1, format: 'crc', runs: [[1, '../../etc']], inner: {} }],
    [{ v: 1, format: 'aes', runs: [], inner: {} }],
    [{ v: 1, format: 'aes', keyId: 'k', runs: [1], inner: {} }],
    [{ v: 1, format: 'aes', keyId: 'k', runs: [[1, '../../etc']], inner: {} }],
    [{ v: 1, format: 'crc', runs: Array.from({ length: 10_001 }, () => 1), inner: {} }],
    [{ v: 1, format: 'crc', runs: [1], inner: null }],
  ] as [JsonObject][])('refuses the record %j', async (record) => {
    const { store } = await subject('crc');
    const location = { ...record, key: freshKey() };
    await expect(store.read(location)).rejects.toBeInstanceOf(ForeignBlobRecord);
    await expect(store.commit(freshKey(), record)).rejects.toBeInstanceOf(ForeignBlobRecord);
  });

  it('checks a blob that is stored as it is against the digest that its reader gives, before the last piece', async () => {
    const { store } = await subject('raw');
    const bytes = bytesOf(2 * MIB + 10);
    const location = await put(store, freshKey(), bytes);
    const right = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const wrong = `sha256:${'0'.repeat(64)}`;
    expect(same(await pumped(store, location, undefined, right), bytes)).toBe(true);
    let seen = 0;
    const pump = await store.openPump(location, undefined, wrong);
    await expect(pump(async (piece) => void (seen += piece.length))).rejects.toBeInstanceOf(BlobCorrupt);
    expect(seen).toBe(2 * MIB);
    const stream = await store.read(location, undefined, wrong);
    await expect(stream.toArray()).rejects.toBeInstanceOf(BlobCorrupt);
    expect(same(await pumped(store, location, { start: 1, end: 5 }, wrong), bytes.subarray(1, 6))).toBe(true);
  });

  it('lets clients fetch for themselves only what is stored as it is', async () => {
    const { root } = await subject('raw');
    const inner = Object.assign(await FilesystemBlobStore.open({ root }), { presignRead: async () => 'a URL' });
    const request = { expiresInSeconds: 60, contentType: 'application/octet-stream', contentDisposition: 'attachment' };
    const found: Record<string, string | null> = {};
    for (const format of FORMATS) {
      const store = sealedAround(inner, format, new KeysInMemory());
      if (!canPresign(store)) throw new Error('it should be able to presign');
      found[format] = await store.presignRead(await put(store, freshKey(), bytesOf(10)), request);
    }
    expect(found).toEqual({ crc: null, aes: null, raw: 'a URL' });
  });
});
