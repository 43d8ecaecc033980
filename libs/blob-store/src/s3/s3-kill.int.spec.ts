import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { FaultProxy, hasMinio, type S3Server, startMinio, startSeaweedfs, TestBucket } from '@entrepot/testing';
import { append, bytesOf, freshKey, get, getState, MIB, same } from '../conformance/subject.js';
import type { BlobLocation, WriterState } from '../port.js';
import { S3BlobStore } from './s3.store.js';

jest.setTimeout(180_000);

const SERVERS = [['SeaweedFS', startSeaweedfs] as const, ...(hasMinio() ? [['MinIO', startMinio] as const] : [])];
const HERE = dirname(fileURLToPath(import.meta.url));
const SMALL = bytesOf(70_000);
const LARGE = bytesOf(18 * MIB, 2);
const WHOLE = Buffer.concat([SMALL, LARGE]);

/**
 * A push by a gateway in a process of its own: a chunk that becomes a tail, one that takes it into a multipart upload, the commit. It tells what
 * it would write into its row, and begins when it is told to.
 */
const PUSH = `
import { S3BlobStore } from '@entrepot/blob-store';
const bytesOf = ${bytesOf.toString()};
const { options, key } = JSON.parse(process.argv[1]);
const store = await S3BlobStore.open(options);
const tell = (row) => new Promise((told) => process.stdout.write(JSON.stringify(row) + '\\n', told));
async function append(state, bytes) {
  const source = (async function* () { for (let at = 0; at < bytes.length; at += 65536) yield bytes.subarray(at, at + 65536); })();
  const appended = await store.append(key, state, source, { limit: bytes.length });
  await tell({ state: appended.state });
  return appended.state;
}
process.stdin.once('data', async () => {
  const first = await append(await store.begin(key), bytesOf(${SMALL.length}));
  const second = await append(first, bytesOf(${LARGE.length}, 2));
  await tell({ location: await store.commit(key, second) });
  process.exit(0);
});
await tell({});
`;

/** What the rows know of a push whose process is no more. */
interface Row {
  /** After each append. */
  readonly states: WriterState[];
  readonly location: BlobLocation | null;
}

describe.each(SERVERS)('S3BlobStore in a process that is killed, on %s', (_name, start) => {
  let server: S3Server;
  let bucket: TestBucket;
  let proxy: FaultProxy;
  let store: S3BlobStore;

  beforeAll(async () => {
    server = await start();
    bucket = await TestBucket.make(server);
    proxy = await FaultProxy.start(server.endpoint);
    store = await S3BlobStore.open(options(server.endpoint));
  });

  afterEach(async () => {
    proxy.clear();
    const left = await bucket.contents();
    await bucket.empty();
    expect(left).toEqual([]);
  });

  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });

  function options(endpoint: string) {
    const { accessKey, secretKey } = server;
    return { endpoint, accessKey, secretKey, bucket: bucket.name };
  }

  /** Runs the push; kills it when its `killAt`th request to the blob's key arrives, which still reaches the server if `pass`. Resolves when the process has ended. */
  async function push(key: string, killAt: number, pass: boolean): Promise<{ row: Row; requests: number }> {
    const argument = JSON.stringify({ options: options(proxy.endpoint), key });
    const child = spawn(process.execPath, ['--input-type=module', '-e', PUSH, argument], {
      cwd: HERE,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const row = rowTold(child);
    const ended = once(child, 'exit');
    await row.ready;
    let requests = 0;
    // Every request goes by, and the one that is the end is held back, or let through while its sender dies.
    proxy.inject({ kind: pass ? 'lose-answer' : 'silence' }, ({ url }) => {
      if (!decodeURIComponent(url).includes(key) || ++requests !== killAt) return false;
      child.kill('SIGKILL');
      return true;
    });
    child.stdin.write('go\n');
    await ended;
    await row.closed;
    return { row: row.told, requests };
  }

  /** What another replica does with the client's retry: it goes on from the row. */
  async function finish(key: string, { states, location }: Row): Promise<BlobLocation> {
    if (location !== null) return location;
    const first = states[0] ?? (await append(store, key, await store.begin(key), SMALL)).state;
    expect(same(await getState(store, key, first), SMALL)).toBe(true);
    const second = states[1] ?? (await append(store, key, first, LARGE)).state;
    return store.commit(key, second);
  }

  /** Uploads that the dead process left; ended, as the reaper does, if `end`. */
  async function unfinished(key: string, end: boolean): Promise<number> {
    let found = 0;
    for await (const write of store.listUnfinished(key)) {
      if (end) await store.abortUnfinished(write);
      found++;
    }
    return found;
  }

  it('commits when nobody kills it, by a handful of requests', async () => {
    const key = freshKey();
    const { row, requests } = await push(key, Number.POSITIVE_INFINITY, true);
    expect([row.states.length, same(await get(store, row.location!), WHOLE)]).toEqual([2, true]);
    expect(requests).toBeGreaterThanOrEqual(5);
    await store.deleteKey(key);
  });

  it.each([false, true])('goes on from the row wherever it died (the last request arrives: %s)', async (pass) => {
    let leftUploads = 0;
    for (let killAt = 1; ; killAt++) {
      const key = freshKey();
      const { row, requests } = await push(key, killAt, pass);
      if (requests < killAt) {
        await store.deleteKey(key);
        // The end of the loop is the end of the push: each of its requests was somebody's last one.
        expect(killAt).toBeGreaterThan(5);
        break;
      }
      const location = await finish(key, row);
      // Half of them find them ended by the reaper already.
      leftUploads += await unfinished(key, pass);
      await store.tidy(location);
      expect(same(await get(store, location), WHOLE)).toBe(true);
      expect((await bucket.contents()).filter((name) => name.endsWith('(upload)'))).toEqual([]);
      await store.delete(location);
      expect(await bucket.contents()).toEqual([]);
    }
    expect(leftUploads).toBeGreaterThan(0);
  });
});

function rowTold(child: ChildProcess) {
  const told = { states: [] as WriterState[], location: null as BlobLocation | null };
  const lines = createInterface({ input: child.stdout! });
  let begin = (): void => undefined;
  const ready = new Promise<void>((resolve) => (begin = resolve));
  lines.on('line', (line) => {
    const { state, location } = JSON.parse(line) as { state?: WriterState; location?: BlobLocation };
    if (state) told.states.push(state);
    else if (location) told.location = location;
    else begin();
  });
  return { told, ready, closed: once(lines, 'close') };
}
