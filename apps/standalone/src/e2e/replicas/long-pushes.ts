import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { aBlob, challengeOf, openUpload, type RegistryClient, UploadSession } from '@entrepot/testing';
import type { LaterClock } from '../support/later-clock.js';
import type { Replicas } from '../support/replicas.js';

const NAME = 'demo/apps/long-push';
const SCOPE = `repository:${NAME}:pull,push`;
/** Tokens live five minutes, and a minute more for clocks that differ. */
const TOO_OLD_SECONDS = 6 * 60 + 5;

/** A push that takes longer than its token lives. */
export function longPushes(replicas: () => Replicas, clock: LaterClock): void {
  let elapsed = 0;
  const later = (): Promise<void> => clock.later((elapsed += TOO_OLD_SECONDS));
  const withToken = async (): Promise<RegistryClient> => {
    const { balanced } = replicas();
    return balanced.as({ login: { bearer: await balanced.token(SCOPE) } });
  };

  it('a chunk with an expired token is refused with a challenge and changes nothing; with a new one the upload goes on', async () => {
    const blob = aBlob(90_000, 'expired between chunks');
    const first = await withToken();
    const session = new UploadSession(first, await openUpload(first, NAME));
    expect((await session.chunk(blob.bytes.subarray(0, 30_000))).status).toBe(202);
    await later();
    const refused = await session.chunk(blob.bytes.subarray(30_000, 60_000));
    expect([refused.status, challengeOf(refused)?.scope ?? null]).toEqual([401, null]);
    const second = await withToken();
    const status = await second.get(session.location);
    expect([status.status, status.header('range')]).toEqual([204, '0-29999']);
    const resumed = new UploadSession(second, status);
    resumed.offset = 30_000;
    expect((await resumed.chunk(blob.bytes.subarray(30_000, 60_000))).status).toBe(202);
    await later();
    expect((await resumed.end(blob.digest, blob.bytes.subarray(60_000))).status).toBe(401);
    const third = await withToken();
    const ended = new UploadSession(third, await third.get(session.location));
    ended.offset = 60_000;
    expect((await ended.end(blob.digest, blob.bytes.subarray(60_000))).status).toBe(201);
    expect((await third.get(`/v2/${NAME}/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
  });

  it('a client that answers challenges, as all real ones do, notices nothing', async () => {
    const { balanced } = replicas();
    const client = balanced.as({ login: 'token' });
    const blob = aBlob(90_000, 'expired, and answered');
    const session = new UploadSession(client, await openUpload(client, NAME));
    for (let at = 0; at < 3; at++) {
      await later();
      expect((await session.chunk(blob.bytes.subarray(at * 30_000, (at + 1) * 30_000))).status).toBe(202);
    }
    await later();
    expect((await session.end(blob.digest)).status).toBe(201);
  });

  it('a token that expires while a body is on its way does not end it: who was let in may finish the sentence', async () => {
    const client = await withToken();
    const blob = aBlob(200_000, 'expired within');
    const session = new UploadSession(client, await openUpload(client, NAME));
    async function* slowly(): AsyncIterable<Buffer> {
      yield blob.bytes.subarray(0, 100_000);
      await sleep(200);
      await later();
      yield blob.bytes.subarray(100_000);
    }
    const reply = await client.patch(session.location, slowly());
    expect([reply.status, reply.header('range')]).toEqual([202, '0-199999']);
    const next = await withToken();
    expect((await new UploadSession(next, reply).end(blob.digest)).status).toBe(201);
    expect((await next.get(`/v2/${NAME}/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
  });
}
