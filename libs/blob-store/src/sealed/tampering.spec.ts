import { copyFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { append, bytesOf, freshKey, get, MIB, put, same } from '../conformance/subject.js';
import { BlobCorrupt } from '../errors.js';
import type { BlobLocation, ByteRange } from '../port.js';
import { CHECK_BYTES, SEGMENT_BYTES } from './frame-layout.js';
import { filesBelow, pumped, sealedUnderTest, type SealedUnderTest } from './spec/sealed-under-test.js';

/** Four segments, the last one short. */
const SIZE = 3 * MIB + 1000;

describe.each([
  ['crc', false],
  ['crc', true],
  ['aes', false],
  ['aes', true],
] as const)('bytes in format %s that were changed on the medium (read as a stream: %s)', (format, streaming) => {
  const frame = SEGMENT_BYTES + CHECK_BYTES[format];
  let made: SealedUnderTest;
  let location: BlobLocation;
  let file: string;
  let sound: Buffer;

  beforeAll(async () => {
    made = await sealedUnderTest(format, streaming);
    location = await put(made.store, freshKey(), bytesOf(SIZE));
    file = (await filesBelow(made.root))[0] as string;
    sound = await readFile(file);
  });

  afterAll(() => made.dispose());

  const tampered = async (bytes: Buffer, check: () => Promise<void>): Promise<void> => {
    await writeFile(file, bytes);
    try {
      await check();
    } finally {
      await writeFile(file, sound);
    }
  };

  /** Refused by whatever way it is read. */
  const refused = async (range?: ByteRange): Promise<void> => {
    await expect(get(made.store, location, range)).rejects.toBeInstanceOf(BlobCorrupt);
    await expect(pumped(made.store, location, range)).rejects.toBeInstanceOf(BlobCorrupt);
  };

  it('are as they were before each of these tests', async () => {
    expect(same(await get(made.store, location), bytesOf(SIZE))).toBe(true);
    expect(sound.length).toBe(SIZE + 4 * CHECK_BYTES[format]);
  });

  it.each([
    ['the first byte', 0],
    ['the last byte of a segment', SEGMENT_BYTES - 1],
    ['a check', SEGMENT_BYTES],
    ['the last byte of a check', frame - 1],
    ['a segment in the middle', 2 * frame + 5],
    ['the last segment', 3 * frame + 999],
    ['the last byte', SIZE + 4 * CHECK_BYTES[format] - 1],
  ])('are refused when one bit of %s is another', async (_, at) => {
    const bytes = Buffer.from(sound);
    bytes[at]! ^= 1;
    const segment = Math.floor(at / frame) * SEGMENT_BYTES;
    await tampered(bytes, async () => {
      await refused();
      await refused({ start: segment, end: segment });
      await expect(get(made.store, location, { start: segment + 1, end: segment + 9 })).rejects.toThrow(
        new RegExp(`${String(location['key'])}.*segment ${segment / SEGMENT_BYTES} of append 0`),
      );
    });
  });

  it('never leave the store when their segment is wrong, though those before it do', async () => {
    const bytes = Buffer.from(sound);
    bytes[2 * frame]! ^= 1;
    await tampered(bytes, async () => {
      const seen: Buffer[] = [];
      const pump = await made.store.openPump(location);
      await expect(pump(async (piece) => void seen.push(Buffer.from(piece)))).rejects.toBeInstanceOf(BlobCorrupt);
      expect(same(Buffer.concat(seen), bytesOf(SIZE).subarray(0, 2 * SEGMENT_BYTES))).toBe(true);
    });
  });

  it('are known as wrong before an answer is begun, when it is the first segment', async () => {
    const bytes = Buffer.from(sound);
    bytes[0]! ^= 1;
    await tampered(bytes, async () => {
      await expect(made.store.openPump(location)).rejects.toBeInstanceOf(BlobCorrupt);
      await expect(made.store.read(location)).rejects.toBeInstanceOf(BlobCorrupt);
    });
  });

  it.each([
    ['a byte', 1],
    ['a check', CHECK_BYTES[format]],
    ['a segment', 1000 + CHECK_BYTES[format]],
    ['two segments', 1000 + CHECK_BYTES[format] + frame],
    ['everything', SIZE + 4 * CHECK_BYTES[format]],
  ])('are refused when %s is cut off', async (_, count) => {
    await tampered(sound.subarray(0, sound.length - count), async () => {
      await refused();
      await refused({ start: SIZE - 1, end: SIZE - 1 });
    });
  });

  // A stream of the directory ends where its record says; what a stream that goes on does: see decrypt-blob.spec.ts.
  const longer = streaming ? [] : [['a byte', 1] as const, ['a segment of the same blob', frame] as const];
  for (const [what, count] of longer) {
    it(`are refused when ${what} follows them`, async () => {
      await tampered(Buffer.concat([sound, sound.subarray(0, count)]), async () => {
        await refused();
        await refused({ start: 0, end: 0 });
      });
    });
  }

  it('are refused when segments were swapped, repeated or left out', async () => {
    const frames = [0, 1, 2, 3].map((n) => sound.subarray(n * frame, (n + 1) * frame));
    for (const order of [
      [1, 0, 2, 3],
      [0, 0, 2, 3],
      [0, 2, 1, 3],
    ]) {
      const bytes = Buffer.concat(order.map((n) => frames[n] as Buffer));
      const wrong = order.findIndex((n, place) => n !== place);
      await tampered(bytes, async () => {
        await refused();
        await refused({ start: wrong * SEGMENT_BYTES, end: wrong * SEGMENT_BYTES });
      });
    }
  });

  it('are refused when another append of the same bytes at the same place took theirs', async () => {
    const { store, root } = made;
    const key = freshKey();
    const begun = await store.begin(key);
    const kept = await append(store, key, begun, bytesOf(SIZE));
    const rival = await append(store, key, begun, bytesOf(SIZE));
    const [first, second] = (await filesBelow(root)).filter(
      (name) => /\.0(-[0-9a-f]+)?$/.test(name) && name.includes(key),
    );
    await copyFile(second as string, first as string);
    const replayed = await store.commit(key, kept.state);
    await expect(get(store, replayed)).rejects.toBeInstanceOf(BlobCorrupt);
    expect(same(await get(store, await store.commit(key, rival.state)), bytesOf(SIZE))).toBe(true);
    await store.deleteKey(key);
  });

  it('are refused when the file of another blob of the same size took their place, whatever is read', async () => {
    const { store, root } = made;
    const key = freshKey();
    const other = await put(store, key, bytesOf(SIZE, 2));
    const theirs = (await filesBelow(root)).find((name) => name.includes(key)) as string;
    await tampered(await readFile(theirs), async () => {
      await refused();
      for (const start of [0, SEGMENT_BYTES, SIZE - 1]) await refused({ start, end: start });
    });
    await store.delete(other);
  });

  it('are refused in another blob, even when its record is made to name them', async () => {
    const { store, root } = made;
    const [one, other] = [freshKey(), freshKey()];
    const source = await put(store, one, bytesOf(100));
    await put(store, other, bytesOf(100, 2));
    const [from, to] = [one, other].map((key) =>
      filesBelow(root).then((all) => all.find((name) => name.includes(key))),
    );
    await copyFile((await from) as string, (await to) as string);
    await expect(get(store, { ...source, key: other })).rejects.toBeInstanceOf(BlobCorrupt);
    await store.deleteKey(one);
    await store.deleteKey(other);
  });

  it('are refused at another place of the same blob', async () => {
    const { store } = made;
    const moved = await put(store, freshKey(), bytesOf(100), bytesOf(100, 2));
    const [first, second] = moved['runs'] as [unknown, unknown];
    const inner = moved['inner'] as { parts: unknown[] };
    const swapped = { ...moved, runs: [second, first], inner: { ...inner, parts: inner.parts.toReversed() } };
    await expect(get(store, swapped as BlobLocation)).rejects.toBeInstanceOf(BlobCorrupt);
    await store.delete(moved);
  });

  it('are refused when the last segment, as long as others are, changed places with one of them', async () => {
    const { store, root } = made;
    const key = freshKey();
    const whole = await put(store, key, bytesOf(2 * MIB));
    const own = (await filesBelow(root)).find((name) => name.includes(key)) as string;
    const bytes = await readFile(own);
    await writeFile(own, Buffer.concat([bytes.subarray(frame), bytes.subarray(0, frame)]));
    for (const start of [0, SEGMENT_BYTES]) {
      await expect(get(store, whole, { start, end: start })).rejects.toBeInstanceOf(BlobCorrupt);
    }
    await store.delete(whole);
  });

  it('are refused when a record says that their run ends earlier, at the border of a segment', async () => {
    await truncate(file, 2 * frame);
    const inner = location['inner'] as { key: string; parts: { id: string; size: number }[] };
    const [[, attempt]] = location['runs'] as [[number, string]];
    const shorter = {
      ...location,
      runs: [[2 * SEGMENT_BYTES, attempt]],
      inner: { ...inner, parts: [{ id: inner.parts[0]!.id, size: 2 * frame }] },
    };
    await expect(get(made.store, shorter)).rejects.toBeInstanceOf(BlobCorrupt);
    await writeFile(file, sound);
  });
});
