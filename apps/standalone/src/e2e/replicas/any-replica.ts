import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, it } from '@jest/globals';
import { isRunning } from '@entrepot/platform-embedded';
import {
  aBlob,
  type Content,
  locationOf,
  openUpload,
  type RawReply,
  type RegistryClient,
  UploadSession,
} from '@entrepot/testing';
import { recovered } from '../support/load.js';
import { catalogsOf, type Replicas } from '../support/replicas.js';

const NAME = 'demo/apps/any-replica';
const CHUNK = 70_000;
const CHUNKS = 6;

/** Waits until it is over: the kernel takes connections for a process that is about to die, and resets them. */
async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  while (isRunning(pid)) await sleep(5);
}

/** Uploads whose requests all go to another gateway than the one before, which asks whichever catalog. */
export function anyReplica(replicas: () => Replicas): void {
  // What one test has killed may be on its way back.
  beforeEach(() => bothServe());
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
      await everyGatewayHas(blob);
    },
  );

  it('wrong bytes in a chunk that another gateway took are found at the end, and the right digest ends the upload', async () => {
    const { balanced } = replicas();
    const blob = aBlob(CHUNK * CHUNKS, 'one wrong byte');
    const wrong = Buffer.from(blob.bytes);
    wrong[CHUNK] = (wrong[CHUNK] as number) ^ 1;
    const session = new UploadSession(balanced, await openUpload(balanced, NAME));
    await inChunks(session, { ...blob, bytes: wrong });
    const refused = await session.end(blob.digest);
    expect([refused.status, refused.code]).toEqual([400, 'DIGEST_INVALID']);
    expect((await balanced.get(`/v2/${NAME}/blobs/${blob.digest}`)).status).toBe(404);
    expect((await session.end(`sha256:${createHash('sha256').update(wrong).digest('hex')}`)).status).toBe(201);
  });

  it('docker’s way, one stream and then an empty PUT to another gateway, makes the blob', async () => {
    const { balanced } = replicas();
    const blob = aBlob(3_000_000, 'one stream');
    expect((await balanced.pushBlob(NAME, blob, 'stream')).status).toBe(201);
    await everyGatewayHas(blob);
  });

  it('a gateway is killed between chunks: the upload goes on through the other, and then through both', async () => {
    const { balanced, proxy, suite } = replicas();
    const blob = aBlob(CHUNK * CHUNKS, 'killed gateway');
    const session = new UploadSession(balanced, await openUpload(balanced, NAME));
    for (let at = 0; at < CHUNKS; at++) {
      expect((await session.chunk(chunkAt(blob, at))).status).toBe(202);
      // The one that took the chunk, and has its running digest.
      if (at === 1 || at === 3) await kill(suite.gatewayAt(proxy.taken.at(-1)?.server ?? ''));
      if (at === 3) await bothServe();
    }
    expect((await session.end(blob.digest)).status).toBe(201);
    await bothServe();
    await everyGatewayHas(blob);
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
    await bothServe();
    await everyGatewayHas(blob);
  }, 60_000);

  it('a catalog is killed between chunks: at most "try again", and no chunk is lost', async () => {
    const { balanced } = replicas();
    const blob = aBlob(CHUNK * CHUNKS, 'killed catalog');
    const session = new UploadSession(balanced, await openUpload(balanced, NAME));
    for (let at = 0; at < CHUNKS; at++) {
      if (at % 2 === 1) process.kill(catalogsOf(replicas())[0] as number, 'SIGKILL');
      await persistently(() => session.chunk(chunkAt(blob, at)), 202);
      await sleep(500);
    }
    await persistently(() => session.end(blob.digest), 201);
    await everyGatewayHas(blob);
    await recovered(replicas(), `${NAME}-recovered`);
  }, 90_000);

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
      await everyGatewayHas(blob);
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
      await everyGatewayHas(blob);
    }
  });

  it('a session is found by its status through any gateway, and resumed by a client that knows only its place', async () => {
    const { balanced, root, suite } = replicas();
    const blob = aBlob(CHUNK * 2, 'resumed');
    const session = new UploadSession(balanced, await openUpload(balanced, NAME));
    expect((await session.chunk(chunkAt(blob, 0))).status).toBe(202);
    for (const url of suite.urls) {
      const status = await root.at(url).get(session.location);
      expect([status.status, status.header('range'), locationOf(status)]).toEqual([
        204,
        `0-${CHUNK - 1}`,
        session.location,
      ]);
    }
    const stranger = root.at(suite.urls[1] as string);
    const resumed = new UploadSession(stranger, await stranger.get(session.location));
    resumed.offset = CHUNK;
    expect((await resumed.chunk(chunkAt(blob, 1))).status).toBe(202);
    expect((await new UploadSession(balanced, await balanced.get(resumed.location)).end(blob.digest)).status).toBe(201);
    stranger.close();
    await everyGatewayHas(blob);
  });

  it('an upload is unknown under another image, to another principal and in another registry, through any gateway', async () => {
    const { balanced, api, root } = replicas();
    const blob = aBlob(100, 'foreign id');
    const session = new UploadSession(balanced, await openUpload(balanced, NAME));
    const id = session.location.split('/').at(-1) as string;
    const other = balanced.as({ credentials: await api.someone('other-pusher', ['ScrPullPushOnlyAccess']) });
    await api.repository(await api.registry({ name: 'elsewhere' }), { name: 'apps' });
    const foreign: [RegistryClient, string][] = [
      [balanced, `/v2/demo/apps/another/blobs/uploads/${id}`],
      [balanced, `/v2/demo/charts/any-replica/blobs/uploads/${id}`],
      [balanced, `/v2/elsewhere/apps/any-replica/blobs/uploads/${id}`],
      [other, session.location],
      [balanced, session.location.replace(id, `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`)],
    ];
    for (const [client, path] of foreign) {
      const replies: RawReply[] = [];
      for (let turn = 0; turn < 2; turn++) {
        replies.push(await client.get(path), await client.patch(path, blob.bytes));
        replies.push(await client.put(`${path}?digest=${blob.digest}`, blob.bytes), await client.delete(path));
      }
      expect([path, ...replies.map(({ status, code }) => `${status} ${code}`)]).toEqual([
        path,
        ...replies.map(() => '404 BLOB_UPLOAD_UNKNOWN'),
      ]);
    }
    expect((await session.end(blob.digest, blob.bytes)).status).toBe(201);
    expect((await root.get(`/v2/${NAME}/blobs/${blob.digest}`)).status).toBe(200);
  });

  async function inChunks(session: UploadSession, blob: Content): Promise<void> {
    for (let at = 0; at < CHUNKS; at++) expect((await session.chunk(chunkAt(blob, at))).status).toBe(202);
  }

  async function everyGatewayHas(blob: Content): Promise<void> {
    const { root, suite } = replicas();
    for (const url of suite.urls) {
      const client = root.at(url);
      const { status, body } = await client.get(`/v2/${NAME}/blobs/${blob.digest}`);
      client.close();
      expect([url, status, body.equals(blob.bytes)]).toEqual([url, 200, true]);
    }
  }

  /** Resolves when each gateway answers again: the supervisor starts a killed one by itself. */
  async function bothServe(): Promise<void> {
    for (const url of replicas().suite.urls) {
      const end = Date.now() + 30_000;
      for (;;) {
        const client = replicas().root.at(url);
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
}

function chunkAt({ bytes }: Content, at: number): Buffer {
  return bytes.subarray(at * CHUNK, (at + 1) * CHUNK);
}

/** Tries again while it is told to, as a client does; any other answer must be the wanted one. */
async function persistently(act: () => Promise<RawReply>, wanted: number): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    const reply = await act();
    if (reply.status !== 503 || Date.now() > end) return void expect([reply.status, reply.text]).toEqual([wanted, '']);
    await sleep(200);
  }
}

/** A body in ten pieces, a moment apart; `inTheMiddle` runs when half of them are sent. */
async function* slowly(bytes: Buffer, inTheMiddle: () => void = () => undefined): AsyncIterable<Buffer> {
  const size = Math.ceil(bytes.length / 10);
  for (let at = 0; at < 10; at++) {
    if (at === 5) inTheMiddle();
    yield bytes.subarray(at * size, (at + 1) * size);
    await sleep(20);
  }
}
