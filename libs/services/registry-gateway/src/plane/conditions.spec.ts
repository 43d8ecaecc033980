import { describe, expect, it } from '@jest/globals';
import { matchesEtag, rangeStillValid } from './conditions.js';

const digest = 'sha256:abc';

describe('If-None-Match', () => {
  it.each([`"${digest}"`, `W/"${digest}"`, '*', `"other", "${digest}"`])('%s matches', (header) => {
    expect(matchesEtag(header, digest)).toBe(true);
  });
  it.each([undefined, '', '"sha256:abcd"', 'x'.repeat(5000)])('%p does not', (header) => {
    expect(matchesEtag(header, digest)).toBe(false);
  });
});

describe('If-Range', () => {
  it.each([
    [undefined, true],
    [`"${digest}"`, true],
    [`W/"${digest}"`, false],
    ['Wed, 21 Oct 2015 07:28:00 GMT', false],
  ])('%p keeps the range: %p', (header, kept) => {
    expect(rangeStillValid(header, digest)).toBe(kept);
  });
});
