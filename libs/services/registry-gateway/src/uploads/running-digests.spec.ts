import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { RunningDigests } from './running-digests.js';

const sha256 = (text: string) => createHash('sha256').update(text);

describe('running digests', () => {
  it('begin anew at offset 0', () => {
    expect(new RunningDigests().at('u', 0, 'sha512')?.digest('hex')).toBe(createHash('sha512').digest('hex'));
  });

  it('go on at the offset they were kept at, as often as asked', () => {
    const digests = new RunningDigests();
    digests.keep('u', 5, 'sha256', sha256('hello'));
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(digests.at('u', 5, 'sha256')?.update(' world').digest('hex')).toBe(sha256('hello world').digest('hex'));
    }
  });

  it.each([
    ['another offset', 'u', 6, 'sha256'],
    ['another upload', 'v', 5, 'sha256'],
    ['another algorithm', 'u', 5, 'sha512'],
  ] as const)('know nothing at %s', (_, upload, offset, algorithm) => {
    const digests = new RunningDigests();
    digests.keep('u', 5, 'sha256', sha256('hello'));
    expect(digests.at(upload, offset, algorithm)).toBeNull();
  });

  it('forget the oldest upload beyond their bound, and a dropped one', () => {
    const digests = new RunningDigests(2);
    for (const upload of ['a', 'b', 'c']) digests.keep(upload, 1, 'sha256', sha256('x'));
    expect(digests.at('a', 1, 'sha256')).toBeNull();
    digests.drop('c');
    expect(digests.at('c', 1, 'sha256')).toBeNull();
    expect(digests.at('b', 1, 'sha256')).not.toBeNull();
  });
});
