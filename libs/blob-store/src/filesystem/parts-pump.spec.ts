import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BlobCorrupt, BlobMissing } from '../errors.js';
import { openSlicesPump } from './parts-pump.js';
import type { Slice } from './parts-reader.js';

describe('the pump of a blob in parts', () => {
  const parts = [700_000, 1, 256 * 1024, 300_001].map((size) => randomBytes(size));
  const whole = Buffer.concat(parts);
  const origin = {
    key: 'k',
    throwMissing: async (cause: unknown): Promise<never> => {
      throw new BlobMissing('k', { cause });
    },
  };
  let folder: string;
  let slices: Slice[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'entrepot-pump-'));
    slices = parts.map((bytes, i) => ({ path: join(folder, `p${i}`), start: 0, length: bytes.length }));
    await Promise.all(parts.map((bytes, i) => writeFile(join(folder, `p${i}`), bytes)));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('hands out every byte once and in order, whatever time the taker takes', async () => {
    const taken: Buffer[] = [];
    const pump = await openSlicesPump(origin, slices);
    let turn = 0;
    await pump(async (piece) => {
      const place = turn++;
      await sleep(place % 3);
      // Read only now: memory that was used again too early would hold other bytes.
      taken[place] = Buffer.from(piece);
    });
    expect(Buffer.concat(taken).equals(whole)).toBe(true);
  });

  it('never has more than two pieces with the taker', async () => {
    let [held, most] = [0, 0];
    const pump = await openSlicesPump(origin, slices);
    await pump(async () => {
      most = Math.max(most, ++held);
      await sleep(2);
      held -= 1;
    });
    expect(most).toBeLessThanOrEqual(2);
  });

  it('keeps blobs that are pumped at the same time apart', async () => {
    const copies = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const taken: Buffer[] = [];
        const pump = await openSlicesPump(origin, slices);
        await pump(async (piece) => {
          const place = taken.push(piece) - 1;
          await sleep(1);
          taken[place] = Buffer.from(piece);
        });
        return Buffer.concat(taken);
      }),
    );
    expect(copies.every((copy) => copy.equals(whole))).toBe(true);
  });

  it("ends with the taker's error, and takes nothing after it", async () => {
    const pump = await openSlicesPump(origin, slices);
    let turns = 0;
    const failed = pump(async () => {
      if (++turns === 2) throw new Error('the client is gone');
    });
    await expect(failed).rejects.toThrow('the client is gone');
    expect(turns).toBeLessThanOrEqual(3);
  });

  it('says before the first piece that the blob is missing, and in the middle that it is damaged', async () => {
    await expect(openSlicesPump(origin, [{ path: join(folder, 'none'), start: 0, length: 5 }])).rejects.toThrow(
      BlobMissing,
    );
    const short = join(folder, 'short');
    await writeFile(short, 'abc');
    const pump = await openSlicesPump(origin, [{ path: short, start: 0, length: 5 }]);
    await expect(pump(async () => undefined)).rejects.toThrow(BlobCorrupt);
    await unlink(short);
  });
});
