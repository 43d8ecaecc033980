import { describe, expect, it } from '@jest/globals';
import { ManifestCache } from './manifest-cache.js';

const bytes = (size: number) => Buffer.alloc(size, 1);

describe('the manifest cache', () => {
  it('gives back what it was given', () => {
    const cache = new ManifestCache(100);
    cache.set('a', bytes(10));
    expect(cache.get('a')).toHaveLength(10);
    expect(cache.get('b')).toBeUndefined();
  });

  it('drops the entry that was asked for longest ago when room is short', () => {
    const cache = new ManifestCache(50);
    for (const digest of ['a', 'b', 'c', 'd', 'e']) cache.set(digest, bytes(10));
    cache.get('a');
    cache.set('f', bytes(10));
    expect(cache.get('a')).toBeDefined();
    expect(cache.get('b')).toBeUndefined();
  });

  it('counts a digest that is set again once', () => {
    const cache = new ManifestCache(40);
    for (let i = 0; i < 10; i++) cache.set('a', bytes(10));
    cache.set('b', bytes(10));
    cache.set('c', bytes(10));
    expect(cache.get('a')).toBeDefined();
  });

  it('does not let one large manifest drive out all others', () => {
    const cache = new ManifestCache(100);
    cache.set('small', bytes(10));
    cache.set('large', bytes(90));
    expect(cache.get('large')).toBeUndefined();
    expect(cache.get('small')).toBeDefined();
  });
});
