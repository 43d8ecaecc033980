import { describe, expect, it } from '@jest/globals';
import { assertKey, blobKey, parseBlobKey, registryPrefix } from './keys.js';

describe('blobKey', () => {
  it('spreads generations by their last characters, which time does not order', () => {
    const key = blobKey({ registryId: 'reg-1', generation: '0199f0aa-7bcd-7000-8000-0000000000fe' });
    expect(key).toBe('registries/reg-1/blobs/fe/0199f0aa-7bcd-7000-8000-0000000000fe');
  });

  it.each(['', 'x', '../..', 'a/b', 'a.b', 'UPPER', '-lead', 'x'.repeat(101), 'nul\0'])('refuses %j as an id', (id) => {
    expect(() => blobKey({ registryId: id, generation: 'abcd' })).toThrow(RangeError);
    expect(() => blobKey({ registryId: 'abcd', generation: id })).toThrow(RangeError);
    expect(() => registryPrefix(id)).toThrow(RangeError);
  });

  it('makes keys that are accepted, of the longest ids too', () => {
    const longest = 'x'.repeat(100);
    expect(() => assertKey(blobKey({ registryId: longest, generation: longest }))).not.toThrow();
  });
});

describe('parseBlobKey', () => {
  it('gives back what the key was made from', () => {
    const parts = { registryId: 'reg-1', generation: 'g-77' };
    expect(parseBlobKey(blobKey(parts))).toEqual(parts);
  });

  it.each(['registries/r1/blobs/aa/g-77', 'registries/r1/blobs/77', 'registries/r1/blobs/77/g-77/x', 'x'])(
    'knows that %j was not made by it',
    (key) => {
      expect(parseBlobKey(key)).toBeNull();
    },
  );
});
