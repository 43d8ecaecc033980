import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { Content, UploadSession } from '@entrepot/testing';
import type { Replicas } from '../support/replicas.js';

export const NAME = 'demo/apps/any-replica';
export const CHUNK = 70_000;
export const CHUNKS = 6;

/**
 * Waits until its parent has taken note: the kernel takes connections for a process until the last of its threads is gone, and resets them; its first
 * thread may be a zombie before.
 */
export async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  while (isThere(pid)) await sleep(5);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export function chunkAt({ bytes }: Content, at: number): Buffer {
  return bytes.subarray(at * CHUNK, (at + 1) * CHUNK);
}

export async function inChunks(session: UploadSession, blob: Content): Promise<void> {
  for (let at = 0; at < CHUNKS; at++) expect((await session.chunk(chunkAt(blob, at))).status).toBe(202);
}

export async function everyGatewayHas({ root, suite }: Replicas, blob: Content): Promise<void> {
  for (const url of suite.urls) {
    const client = root.at(url);
    const { status, body } = await client.get(`/v2/${NAME}/blobs/${blob.digest}`);
    client.close();
    expect([url, status, body.equals(blob.bytes)]).toEqual([url, 200, true]);
  }
}

/** Resolves when each gateway answers again: the supervisor starts a killed one by itself. */
export async function bothServe({ root, suite }: Replicas): Promise<void> {
  for (const url of suite.urls) {
    const end = Date.now() + 30_000;
    for (;;) {
      const client = root.at(url);
      const status = await client.get('/v2/').then(
        (reply) => reply.status,
        () => 0,
      );
      client.close();
      if (status === 200) break;
      if (Date.now() > end) throw new Error(`${url} does not serve again`);
      await sleep(100);
    }
  }
}

/** A body in ten pieces, a moment apart; `inTheMiddle` runs when half of them are sent. */
export async function* slowly(bytes: Buffer, inTheMiddle: () => void = () => undefined): AsyncIterable<Buffer> {
  const size = Math.ceil(bytes.length / 10);
  for (let at = 0; at < 10; at++) {
    if (at === 5) inTheMiddle();
    yield bytes.subarray(at * size, (at + 1) * size);
    await sleep(20);
  }
}
