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
const SIZE_IN_S3 = 64 * MIB;
const CLIENTS = 50;
/** What each client takes, a little at a time: far more than sockets hold. */
const TAKEN = 8 * MIB;
/** Two segments of a mebibyte for each client, and what a busy process needs besides. Who buffers the blobs needs 25 GiB. */
const MAX_GROWTH = 288 * MIB;
/** The driver reads half a mebibyte ahead besides, and connections hold some. Who buffers the blobs needs 3 GiB. */
const MAX_GROWTH_WITH_S3 = 400 * MIB;

/** A client that reads slowly must cost the time that it takes, and no memory. */
export function slowPulls(scene: () => Scene): void {
  it.each([
    // The first start made the registry `demo`, encrypted as this suite's are.
    ['encrypted', 'demo', async () => undefined],
    ['as they are', 'clear', clearRegistry],
  ])(
    `pull ${SIZE / MIB} MiB, stored %s, ${CLIENTS} at once: memory stays flat`,
    async (_how, where, registry) => {
      await registry(scene());
      await pullSlowly(scene(), `${where}/apps/slow`, { size: SIZE, maxGrowth: MAX_GROWTH });
    },
    180_000,
  );
}

/** The same from an object store, which sends faster than the clients read as well. Less of it: a proxy of ours is in between. */
export function slowPullsFromS3(scene: () => Scene): void {
  it(`pull ${SIZE_IN_S3 / MIB} MiB, ${CLIENTS} at once: memory stays flat`, async () => {
    await pullSlowly(scene(), 'demo/apps/slow', { size: SIZE_IN_S3, maxGrowth: MAX_GROWTH_WITH_S3 });
  }, 180_000);
}

async function pullSlowly(
  scene: Scene,
  name: string,
  { size, maxGrowth }: { size: number; maxGrowth: number },
): Promise<void> {
  const { suite } = scene;
  const piece = someBytes(MIB, name);
  const digest = await push(scene, name, piece, size);
  const before = residentBytes(suite);
  let most = before;
  let over = false;
  const watch = setInterval(() => (most = Math.max(most, residentBytes(suite))), 100);
  try {
    const pause = untilFlat(
      () => !over && most < before + maxGrowth,
      () => residentBytes(suite),
    );
    const pulls = Array.from({ length: CLIENTS }, () => takeSlowly(scene, `${name}/blobs/${digest}`, { size, pause }));
    expect(new Set(await Promise.all(pulls))).toEqual(new Set([digestOf(repeated(piece, TAKEN))]));
  } finally {
    over = true;
    clearInterval(watch);
  }
  expect(most - before).toBeLessThan(maxGrowth);
}

async function clearRegistry({ root, api }: Scene): Promise<void> {
  const made = await root.json('POST', '/api/v1/registries', { name: 'clear', encryption: { enabled: false } });
  await api.repository(made.json<{ registryId: string }>().registryId, { name: 'apps' });
}

/** Pushes the piece over and over as one blob. */
async function push({ root }: Scene, name: string, piece: Buffer, size: number): Promise<string> {
  const digest = digestOf(repeated(piece, size));
  const session = new UploadSession(root, await openUpload(root, name));
  expect((await session.stream(repeated(piece, size))).status).toBe(202);
  expect((await session.end(digest)).status).toBe(201);
  return digest;
}

/**
 * A pause for all clients together: until each of them is in it, and the memory grows no more. Else they would read as fast as a busy machine sends, and
 * nobody would get ahead of them.
 */
function untilFlat(fine: () => boolean, resident: () => number): () => Promise<void> {
  let waiting = 0;
  let flat: Promise<void> | null = null;
  return async () => {
    waiting++;
    while (waiting < CLIENTS && fine()) await sleep(50);
    await (flat ??= growsNoMore(fine, resident));
  };
}

async function growsNoMore(fine: () => boolean, resident: () => number): Promise<void> {
  for (let last = 0, now = resident(); now > last + 4 * MIB && fine(); now = resident()) {
    last = now;
    await sleep(500);
  }
}

interface Slowness {
  readonly size: number;
  /** In the middle of what is taken. */
  readonly pause: () => Promise<void>;
}

/** The digest of the first bytes, read with pauses; then the client goes away. */
async function takeSlowly({ root, suite }: Scene, path: string, { size, pause }: Slowness): Promise<string> {
  const headers = { authorization: basic(root.options.credentials as Credentials) };
  const pull = request(`${suite.url}/v2/${path}`, { headers, agent: false }).end();
  const [answer] = (await once(pull, 'response')) as [IncomingMessage];
  expect([answer.statusCode, answer.headers['content-length']]).toEqual([200, String(size)]);
  const hash = createHash('sha256');
  let left = TAKEN;
  let paused: Promise<void> | null = null;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    hash.update(chunk.subarray(0, left));
    left -= Math.min(left, chunk.length);
    if (left === 0) break;
    await sleep(2);
    if (left <= TAKEN / 2) await (paused ??= pause());
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
