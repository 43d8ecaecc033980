import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { RunningDigest } from './running-digest.js';
import { SegmentWorkers } from './segment-workers.js';

const MIB = 1024 * 1024;
const shared = (size: number, fill: number): Buffer => Buffer.from(new SharedArrayBuffer(size)).fill(fill);
const sha256 = (...pieces: Buffer[]): string => createHash('sha256').update(Buffer.concat(pieces)).digest('hex');

describe('a running digest', () => {
  it('is that of no bytes at first', async () => {
    expect(await new RunningDigest('sha512').hex()).toBe(createHash('sha512').digest('hex'));
  });

  it.each([
    ['in this thread', Buffer.alloc(10, 1)],
    ['in a worker thread', shared(MIB, 1)],
  ])('goes on after it was told and after it was copied, %s', async (_, first) => {
    const digest = new RunningDigest('sha256');
    await digest.update(first);
    expect(await digest.hex()).toBe(sha256(first));
    const copy = digest.copy();
    const [a, b] = [Buffer.from('a'), shared(MIB, 2)];
    await digest.update(a);
    await copy.update(b);
    expect(await digest.hex()).toBe(sha256(first, a));
    expect(await copy.hex()).toBe(sha256(first, b));
    digest.discard();
    expect(await digest.hex()).toBeNull();
    expect(await copy.hex()).toBe(sha256(first, b));
    copy.discard();
  });

  it('goes to a thread only with a large first piece in shared memory', () => {
    const pieces = [shared(10, 1), Buffer.alloc(MIB), shared(MIB, 1)];
    const digests = pieces.map((piece) => {
      const digest = new RunningDigest('sha256');
      void digest.update(piece);
      return digest;
    });
    expect(digests.map(({ worker }) => worker !== null)).toEqual([false, false, true]);
    for (const digest of digests) digest.discard();
  });

  it('is lost with its thread, says so, and another thread takes the place', async () => {
    const workers = new SegmentWorkers(1);
    const digest = new RunningDigest('sha256', workers);
    await digest.update(shared(MIB, 1));
    await workers.least().end();
    await digest.update(shared(MIB, 1));
    expect(await digest.hex()).toBeNull();
    expect(await digest.copy().hex()).toBeNull();
    const next = new RunningDigest('sha256', workers);
    await next.update(shared(MIB, 1));
    expect(await next.hex()).toBe(sha256(shared(MIB, 1)));
    await workers.least().end();
  });
});
