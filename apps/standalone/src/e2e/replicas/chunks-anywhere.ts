import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, it } from '@jest/globals';
import { aBlob, openUpload, UploadSession } from '@entrepot/testing';
import type { Replicas } from '../support/replicas.js';
import { bothServe, CHUNK, chunkAt, CHUNKS, everyGatewayHas, inChunks, kill, NAME, slowly } from './chunked-blob.js';

/** Chunks of one upload in several gateways, one of which may die: what one of them has taken, the others must find in the store. */
export function chunksAnywhere(replicas: () => Replicas): void {
  // What one test has killed may be on its way back.
  beforeEach(() => bothServe(replicas()));

  it.each(['sha256', 'sha512'] as const)(
    'every chunk goes to another gateway, and the %s digest is verified by reading back',
    async (algorithm) => {
      const { balanced, proxy, suite } = replicas();
      const blob = aBlob(CHUNK * CHUNKS + 1, `chunks ${algorithm}`, { algorithm });
      const session = new UploadSession(balanced, await openUpload(balanced, NAME, blob.digest));
      const before = proxy.taken.length;
      await inChunks(session, blob);
      expect((await session.end(blob.digest, blob.bytes.subarray(CHUNK * CHUNKS))).status).toBe(201);
      const turns = proxy.taken.slice(before).map(({ server }) => server);
      expect(new Set(turns).size).toBe(suite.urls.length);
      for (const [at, server] of turns.slice(1).entries()) expect(server).not.toBe(turns[at]);
      await everyGatewayHas(replicas(), blob);
    },
  );

  it('a gateway is killed between chunks: the upload goes on through the other, and then through both', async () => {
    const { balanced, proxy, suite } = replicas();
    const blob = aBlob(CHUNK * CHUNKS, 'killed gateway');
    const session = new UploadSession(balanced, await openUpload(balanced, NAME));
    for (let at = 0; at < CHUNKS; at++) {
      expect((await session.chunk(chunkAt(blob, at))).status).toBe(202);
      // The one that took the chunk, and has its running digest.
      if (at === 1 || at === 3) await kill(suite.gatewayAt(proxy.taken.at(-1)?.server ?? ''));
      if (at === 3) await bothServe(replicas());
    }
    expect((await session.end(blob.digest)).status).toBe(201);
    await bothServe(replicas());
    await everyGatewayHas(replicas(), blob);
  }, 60_000);

  it('a gateway is killed in the middle of a chunk: the client hears it, asks where it stands, and goes on elsewhere', async () => {
    const { balanced, proxy, suite } = replicas();
    const blob = aBlob(CHUNK * CHUNKS, 'killed in the middle');
    const session = new UploadSession(balanced, await openUpload(balanced, NAME));
    expect((await session.chunk(chunkAt(blob, 0))).status).toBe(202);
    const headers = { 'content-range': `${CHUNK}-${2 * CHUNK - 1}`, 'content-length': String(CHUNK) };
    const half = slowly(chunkAt(blob, 1), () =>
      process.kill(suite.gatewayAt(proxy.taken.at(-1)?.server ?? ''), 'SIGKILL'),
    );
    await expect(balanced.patch(session.location, half, headers)).rejects.toThrow();
    const status = await session.status();
    expect([status.status, status.header('range')]).toEqual([204, `0-${CHUNK - 1}`]);
    for (let at = 1; at < CHUNKS; at++) expect((await session.chunk(chunkAt(blob, at))).status).toBe(202);
    expect((await session.end(blob.digest)).status).toBe(201);
    await bothServe(replicas());
    await everyGatewayHas(replicas(), blob);
  }, 60_000);

  it('retries of one chunk overlap in both gateways: the later claim counts, and the bytes are there once', async () => {
    const { balanced } = replicas();
    for (let round = 0; round < 5; round++) {
      const blob = aBlob(CHUNK * 3, `overlap ${round}`);
      const session = new UploadSession(balanced, await openUpload(balanced, NAME));
      expect((await session.chunk(chunkAt(blob, 0))).status).toBe(202);
      const headers = { 'content-range': `${CHUNK}-${2 * CHUNK - 1}`, 'content-length': String(CHUNK) };
      const chunk = chunkAt(blob, 1);
      const slow = balanced.patch(session.location, slowly(chunk), headers).catch(() => null);
      await sleep(40);
      const replies = await Promise.all([slow, balanced.patch(session.location, chunk, headers)]);
      const fenced = replies.filter((reply) => reply?.status !== 202);
      expect(fenced).toHaveLength(1);
      // The loser hears that it is out of turn, with where the upload stands; or nothing, when it was cut off.
      for (const reply of fenced)
        if (reply) expect([reply.status, reply.header('range')]).toEqual([416, `0-${2 * CHUNK - 1}`]);
      session.offset = 2 * CHUNK;
      expect((await session.end(blob.digest, chunkAt(blob, 2))).status).toBe(201);
      await everyGatewayHas(replicas(), blob);
    }
  });

  it('ten retries of the last chunk at once: each hears 201 or where it stands, and nobody takes the bytes of another', async () => {
    const { balanced } = replicas();
    for (let round = 0; round < 10; round++) {
      const blob = aBlob(CHUNK * 2, `ten retries ${round}`);
      const session = new UploadSession(balanced, await openUpload(balanced, NAME));
      expect((await session.chunk(chunkAt(blob, 0))).status).toBe(202);
      const headers = { 'content-range': `${CHUNK}-${2 * CHUNK - 1}` };
      const path = `${session.location}?digest=${blob.digest}`;
      const ended = await Promise.all(Array.from({ length: 10 }, () => balanced.put(path, chunkAt(blob, 1), headers)));
      const statuses = ended.map(({ status }) => status);
      expect(statuses).toContain(201);
      expect(statuses.filter((status) => ![201, 416].includes(status))).toEqual([]);
      await everyGatewayHas(replicas(), blob);
    }
  });
}
