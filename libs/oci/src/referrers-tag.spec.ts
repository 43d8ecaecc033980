import { describe, expect, it } from '@jest/globals';
import { Digest } from './digest.js';
import { isReferrersFallbackTag, parseReferrersFallbackTag, referrersFallbackTag } from './referrers-tag.js';
import { Tag } from './tag.js';

const A64 = 'a'.repeat(64);
const sha256 = Digest.parse(`sha256:${A64}`);
const sha512 = Digest.parse(`sha512:${A64}${'b'.repeat(64)}`);

describe('referrersFallbackTag', () => {
  it('is the algorithm and the first 64 digits, a legal tag for both algorithms', () => {
    expect(referrersFallbackTag(sha256)).toBe(`sha256-${A64}`);
    expect(referrersFallbackTag(sha512)).toBe(`sha512-${A64}`);
    expect(Tag.tryParse(referrersFallbackTag(sha512))).not.toBeNull();
  });

  it('is read back to the digest when the tag holds it whole', () => {
    expect(isReferrersFallbackTag(referrersFallbackTag(sha256))?.equals(sha256)).toBe(true);
    expect(isReferrersFallbackTag(Tag.parse(`sha256-${A64}`))?.equals(sha256)).toBe(true);
  });

  it('is read back to a prefix for sha512', () => {
    expect(isReferrersFallbackTag(referrersFallbackTag(sha512))).toBeNull();
    expect(parseReferrersFallbackTag(referrersFallbackTag(sha512))).toEqual({ algorithm: 'sha512', hexPrefix: A64 });
  });

  it.each([
    'latest',
    `sha256-${A64}.sig`,
    `sha256-${A64}a`,
    `sha256-${'A'.repeat(64)}`,
    `md5-${A64}`,
    `sha256:${A64}`,
    '',
  ])('is not what %j is', (tag) => {
    expect(isReferrersFallbackTag(tag)).toBeNull();
    expect(parseReferrersFallbackTag(tag)).toBeNull();
  });
});
