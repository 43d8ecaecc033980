import { describe, expect, it } from '@jest/globals';
import { ByteRate } from './byte-rate.js';

async function* chunks(count: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < count; at++) yield Buffer.alloc(100);
}

async function drained(bytes: AsyncIterable<Buffer>): Promise<number> {
  let count = 0;
  for await (const chunk of bytes) count += chunk.length;
  return count;
}

describe('a rate of bytes', () => {
  it('is that of all streams together', async () => {
    let now = 0;
    const rate = new ByteRate(
      1_000,
      () => now,
      async (ms) => {
        now += ms;
      },
    );
    expect(await drained(rate.limit(chunks(10)))).toBe(1_000);
    expect(await drained(rate.limit(chunks(10)))).toBe(1_000);
    expect(now).toBeCloseTo(1_900);
  });

  it('is not limited unless told', async () => {
    const waits: number[] = [];
    const rate = new ByteRate(null, undefined, async (ms) => waits.push(ms));
    expect([await drained(rate.limit(chunks(50))), waits]).toEqual([5_000, []]);
  });
});
