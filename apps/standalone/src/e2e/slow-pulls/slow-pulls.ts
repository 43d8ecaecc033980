import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { basic, type Credentials, openUpload, someBytes, UploadSession } from '@entrepot/testing';
import { residentBytes } from '../support/resident-bytes.js';
import type { Scene } from '../support/scene.js';

const MIB = 1024 * 1024;
const SIZE = 512 * MIB;
const CLIENTS = 50;
/** What each client takes, a little at a time: far more than sockets hold. */
const TAKEN = 8 * MIB;
/** Two segments of a mebibyte for each client, and what a busy process needs besides. Who buffers the blobs needs 25 GiB. */
const MAX_GROWTH = 288 * MIB;

/** A client that reads slowly must cost the time that it takes, and no memory. */
export function slowPulls(scene: () => Scene): void {
  it.each([
    // The first start made the registry `demo`, encrypted as this suite's are.
    ['encrypted', 'demo', async () => undefined],
    ['as they are', 'clear', clearRegistry],
  ])(
    `pull ${SIZE / MIB} MiB, stored %s, ${CLIENTS} at once: memory stays flat`,
    async (_how, where, registry) => {
      const { suite } = scene();
      await registry(scene());
      const name = `${where}/apps/slow`;
      const piece = someBytes(MIB, where);
      const digest = await push(scene(), name, piece);
      const before = residentBytes(suite);
      let most = before;
      const watch = setInterval(() => (most = Math.max(most, residentBytes(suite))), 100);
      try {
        const taken = await Promise.all(Array.from({ length: CLIENTS }, () => takeSlowly(scene(), name, digest)));
        expect(new Set(taken)).toEqual(new Set([digestOf(repeated(piece, TAKEN))]));
      } finally {
        clearInterval(watch);
      }
      expect(most - before).toBeLessThan(MAX_GROWTH);
    },
    180_000,
  );
}

async function clearRegistry({ root, api }: Scene): Promise<void> {
  const made = await root.json('POST', '/api/v1/registries', { name: 'clear', encryption: { enabled: false } });
  await api.repository(made.json<{ registryId: string }>().registryId, { name: 'apps' });
}

/** Pushes the piece over and over as one blob. */
async function push({ root }: Scene, name: string, piece: Buffer): Promise<string> {
  const digest = digestOf(repeated(piece, SIZE));
  const session = new UploadSession(root, await openUpload(root, name));
  expect((await session.stream(repeated(piece, SIZE))).status).toBe(202);
  expect((await session.end(digest)).status).toBe(201);
  return digest;
}

/** The digest of the first bytes, read with pauses; then the client goes away. */
async function takeSlowly({ root, suite }: Scene, name: string, digest: string): Promise<string> {
  const headers = { authorization: basic(root.options.credentials as Credentials) };
  const pull = request(`${suite.url}/v2/${name}/blobs/${digest}`, { headers, agent: false }).end();
  const [answer] = (await once(pull, 'response')) as [IncomingMessage];
  expect([answer.statusCode, answer.headers['content-length']]).toEqual([200, String(SIZE)]);
  const hash = createHash('sha256');
  let left = TAKEN;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    hash.update(chunk.subarray(0, left));
    left -= Math.min(left, chunk.length);
    if (left === 0) break;
    await sleep(2);
  }
  pull.destroy();
  return `sha256:${hash.digest('hex')}`;
}

function* repeated(piece: Buffer, size: number): Generator<Buffer> {
  for (let sent = 0; sent < size; sent += piece.length) yield piece;
}

function digestOf(pieces: Iterable<Buffer>): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}
