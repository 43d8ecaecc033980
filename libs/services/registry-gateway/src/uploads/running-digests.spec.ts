import { createHash } from 'node:crypto';
import { RunningDigest } from '@entrepot/blob-store';
import { describe, expect, it } from '@jest/globals';
import { RunningDigests } from './running-digests.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function running(text: string): RunningDigest {
  const digest = new RunningDigest('sha256');
  void digest.update(Buffer.from(text));
  return digest;
}

describe('running digests', () => {
  it('begin anew at offset 0', async () => {
    expect(await new RunningDigests().at('u', 0, 'sha512')?.hex()).toBe(createHash('sha512').digest('hex'));
  });

  it('go on at the offset they were kept at, as often as asked', async () => {
    const digests = new RunningDigests();
    digests.keep('u', 5, running('hello'));
    for (let attempt = 0; attempt < 2; attempt++) {
      const copy = digests.at('u', 5, 'sha256');
      void copy?.update(Buffer.from(' world'));
      expect(await copy?.hex()).toBe(sha256('hello world'));
    }
  });

  it.each([
    ['another offset', 'u', 6, 'sha256'],
    ['another upload', 'v', 5, 'sha256'],
    ['another algorithm', 'u', 5, 'sha512'],
  ] as const)('know nothing at %s', (_, upload, offset, algorithm) => {
    const digests = new RunningDigests();
    digests.keep('u', 5, running('hello'));
    expect(digests.at(upload, offset, algorithm)).toBeNull();
  });

  it('forget the oldest upload beyond their bound, and a dropped one', () => {
    const digests = new RunningDigests(2);
    for (const upload of ['a', 'b', 'c']) digests.keep(upload, 1, running('x'));
    expect(digests.at('a', 1, 'sha256')).toBeNull();
    digests.drop('c');
    expect(digests.at('c', 1, 'sha256')).toBeNull();
    expect(digests.at('b', 1, 'sha256')).not.toBeNull();
  });

  it('free what they held when another takes its place', async () => {
    const digests = new RunningDigests();
    const [first, second] = [running('a'), running('ab')];
    digests.keep('u', 1, first);
    digests.keep('u', 2, second);
    expect(await first.hex()).toBeNull();
    expect(await second.hex()).toBe(sha256('ab'));
  });
});
