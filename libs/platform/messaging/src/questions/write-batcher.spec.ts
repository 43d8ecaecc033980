import { describe, expect, it } from '@jest/globals';
import type { PushedScan } from './scan.js';
import { PushRecorder } from './push-recorder.js';

const scan = (digest: string) => ({ digest }) as PushedScan;

describe('PushRecorder', () => {
  it('writes pushes that come together in one go, and resolves when they are written', async () => {
    const batches: string[][] = [];
    const recorder = new PushRecorder({
      pushed: async (scans) => void batches.push(scans.map(({ digest }) => digest)),
    });
    await Promise.all(['a', 'b', 'c'].map((digest) => recorder.record(scan(digest))));
    expect(batches).toEqual([['a', 'b', 'c']]);
  });

  it('lets one that can not be written not stop the others', async () => {
    const written: string[] = [];
    const recorder = new PushRecorder({
      pushed: async (scans) => {
        if (scans.some(({ digest }) => digest === 'bad')) throw new Error('not this one');
        written.push(...scans.map(({ digest }) => digest));
      },
    });
    const results = await Promise.allSettled(['a', 'bad', 'c'].map((digest) => recorder.record(scan(digest))));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(written.toSorted()).toEqual(['a', 'c']);
  });
});
