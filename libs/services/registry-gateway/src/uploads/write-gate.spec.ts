import { describe, expect, it } from '@jest/globals';
import type { BlobStore } from '@entrepot/blob-store';
import { WriteGate } from './write-gate.js';

function gate(settings: { readOnly?: boolean; minFreeBytes?: number }, free: () => number) {
  let clock = 0;
  let measured = 0;
  const store = {
    freeBytes: async () => {
      measured += 1;
      return free();
    },
  } as unknown as BlobStore;
  const made = new WriteGate({ readOnly: false, minFreeBytes: 100, ...settings }, store, () => clock);
  return { gate: made, later: (ms: number) => (clock += ms), measured: () => measured };
}

describe('the write gate', () => {
  it('lets pushes in above the free-disk mark', async () => {
    await expect(gate({}, () => 100).gate.check()).resolves.toBeUndefined();
  });

  it('refuses pushes below the mark with 507 and the numbers, and lets deletes in', async () => {
    const { gate: below } = gate({}, () => 99);
    await expect(below.check()).rejects.toMatchObject({ status: 507, message: expect.stringContaining('99 bytes') });
    expect(() => below.checkMode()).not.toThrow();
  });

  it('refuses everything that writes in read-only mode', async () => {
    const { gate: closed } = gate({ readOnly: true }, () => 1e9);
    await expect(closed.check()).rejects.toMatchObject({ status: 405, code: 'UNSUPPORTED' });
    expect(() => closed.checkMode()).toThrow(expect.objectContaining({ status: 405 }) as unknown as Error);
  });

  it('measures once a second at most, and feels the change then', async () => {
    let free = 200;
    const { gate: changing, later, measured } = gate({}, () => free);
    await changing.check();
    free = 1;
    await changing.check();
    expect(measured()).toBe(1);
    later(1001);
    await expect(changing.check()).rejects.toMatchObject({ status: 507 });
  });
});
