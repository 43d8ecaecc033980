import { describe, expect, it } from '@jest/globals';
import { BoundedCache } from './bounded-cache.js';

describe('BoundedCache', () => {
  it('never holds more than its limit', () => {
    const cache = new BoundedCache<number, number>(100);
    for (let i = 0; i < 10_000; i++) cache.set(i, i);
    expect(cache.size).toBeLessThanOrEqual(100);
    expect(cache.get(9_999)).toBe(9_999);
    expect(cache.get(0)).toBeUndefined();
  });

  it('keeps what is used while others come and go', () => {
    const cache = new BoundedCache<string, number>(10);
    cache.set('kept', 1);
    for (let i = 0; i < 100; i++) {
      cache.set(`other ${i}`, i);
      expect(cache.get('kept')).toBe(1);
    }
  });

  it('counts weight, and keeps nothing that is too heavy for it', () => {
    const cache = new BoundedCache<string, string>(100);
    cache.set('heavy', 'x', 51);
    expect(cache.get('heavy')).toBeUndefined();
    for (let i = 0; i < 10; i++) cache.set(`k${i}`, 'x', 25);
    expect(cache.size).toBeLessThanOrEqual(4);
  });

  it('forgets one, and all', () => {
    const cache = new BoundedCache<string, number>(10);
    cache.set('a', 1);
    cache.set('b', 2);
    cache.delete('a');
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, 2]);
    cache.clear();
    expect(cache.size).toBe(0);
  });
});
