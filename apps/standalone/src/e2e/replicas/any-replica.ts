import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, it } from '@jest/globals';
import { aBlob, locationOf, openUpload, type RawReply, type RegistryClient, UploadSession } from '@entrepot/testing';
import { recovered } from '../support/load.js';
import { catalogsOf, type Replicas } from '../support/replicas.js';
import { bothServe, CHUNK, chunkAt, CHUNKS, everyGatewayHas, inChunks, NAME } from './chunked-blob.js';

/** Uploads whose requests all go to another gateway than the one before, which asks whichever catalog. */
export function anyReplica(replicas: () => Replicas): void {
  // What one test has killed may be on its way back.
  beforeEach(() => bothServe(replicas()));

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
    await everyGatewayHas(replicas(), blob);
  });

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
    await everyGatewayHas(replicas(), blob);
    await recovered(replicas(), `${NAME}-recovered`);
  }, 90_000);

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
    await everyGatewayHas(replicas(), blob);
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
