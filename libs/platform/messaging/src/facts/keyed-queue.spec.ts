import { describe, expect, it } from '@jest/globals';
import { KeyedQueue } from './keyed-queue.js';

describe('KeyedQueue', () => {
  it('runs one key’s work in order, other keys’ meanwhile, and forgets keys that are done', async () => {
    const queue = new KeyedQueue();
    const log: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      log.push(`+${name}`);
      await new Promise(setImmediate);
      log.push(`-${name}`);
    };
    const all = [queue.run('a', work('a1')), queue.run('a', work('a2')), queue.run('b', work('b1'))];
    expect(queue.size).toBe(2);
    await Promise.all(all);
    expect(log.indexOf('-a1')).toBeLessThan(log.indexOf('+a2'));
    expect(log.indexOf('+b1')).toBeLessThan(log.indexOf('-a1'));
    expect(queue.size).toBe(0);
  });
});
