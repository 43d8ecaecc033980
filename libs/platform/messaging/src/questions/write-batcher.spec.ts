import { describe, expect, it } from '@jest/globals';
import { WriteBatcher } from './write-batcher.js';

describe('WriteBatcher', () => {
  it('writes what comes together in one go, and resolves when it is written', async () => {
    const batches: string[][] = [];
    const batcher = new WriteBatcher<string>(async (items) => void batches.push(items));
    await Promise.all(['a', 'b', 'c'].map((item) => batcher.write(item)));
    expect(batches).toEqual([['a', 'b', 'c']]);
  });

  it('lets one that can not be written not stop the others', async () => {
    const written: string[] = [];
    const batcher = new WriteBatcher<string>(async (items) => {
      if (items.includes('bad')) throw new Error('not this one');
      written.push(...items);
    });
    const results = await Promise.allSettled(['a', 'bad', 'c'].map((item) => batcher.write(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(written.toSorted()).toEqual(['a', 'c']);
  });
});
