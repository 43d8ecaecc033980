import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { BlobPump, BlobReader, PieceTaker } from '@entrepot/blob-store';
import { Digest } from '@entrepot/oci';
import { readBlob } from './read-blob.js';

const PIECES = ['one segment', ' and its tail'].map((text) => Buffer.from(text));
const BYTES = Buffer.concat(PIECES);

/** Hands the next piece out while the last one is still with its taker, as the sealed store does. */
const pumping = {
  openPump: async () => async (take: PieceTaker) => void (await Promise.all(PIECES.map((piece) => take(piece)))),
} as BlobPump as unknown as BlobReader;

describe('reading a blob back', () => {
  it('takes its pieces in order, whichever the pace lets through first', async () => {
    const waits = [30, 0];
    const pace = { take: async () => sleep(waits.shift()) };
    const { algorithm, hex } = Digest.of(BYTES);
    const blob = { algorithm, hex, size: BYTES.length, location: {} };
    expect(await readBlob(pumping, blob, pace, new AbortController().signal)).toBeNull();
  });
});
