import { expect, it } from '@jest/globals';
import { aBlob, basic, type Credentials, openUpload, UploadSession, vanishAfter } from '@entrepot/testing';
import { rootClient } from '../support/scene.js';
import { bucketOf, eventually, type Stage } from './stage.js';

const MIB = 1024 * 1024;
const NAME = 'demo/apps/contested';
/** The worker runs with the first settings never, and with the second ones at once. */
const IDLE = { ENTREPOT_RELEASE_INTERVAL_SECONDS: '86400' };
const BUSY = { ENTREPOT_RELEASE_INTERVAL_SECONDS: '1' };

interface Request {
  method: string;
  url: string;
}
const lists = ({ method, url }: Request): boolean =>
  method === 'GET' && /[?&](list-type|prefix|uploads|versions)(=|&|$)/.test(url);
const begins = ({ method, url }: Request): boolean => method === 'POST' && /[?&]uploads/.test(url);

/** A push that breaks off, and one that another try overtakes. */
export function contestedPushes(stage: () => Stage): void {
  /** Names of what the bucket holds under the only key that was written to. */
  async function underTheKey(): Promise<() => Promise<string[]>> {
    const { proxy, registryId } = stage();
    const written = proxy.requests.filter(({ method, url }) => method === 'PUT' && url.includes('/registries/'));
    const keys = new Set(written.map(({ url }) => /registries\/[^.?]+/.exec(url)?.[0]));
    expect(keys.size).toBe(1);
    const [key = ''] = keys;
    return async () => (await bucketOf(stage(), registryId).contents()).filter((name) => name.startsWith(`${key}.`));
  }

  it('are told 201 without any list of the bucket; what other tries left is removed by the worker', async () => {
    const { suite, proxy } = stage();
    await suite.restart(IDLE);
    const root = rootClient(suite);
    proxy.clear();
    const blob = aBlob(16 * MIB, 'contested push');
    const session = new UploadSession(root, await openUpload(root, NAME));
    expect((await session.chunk(blob.bytes.subarray(0, MIB))).status).toBe(202);

    const chunk = blob.bytes.subarray(MIB, 12 * MIB);
    const headers = { 'content-range': `${MIB}-${12 * MIB - 1}`, 'content-length': String(chunk.length) };
    const authorization = basic(root.options.credentials as Credentials);
    const head = Object.entries({ host: new URL(suite.url).host, authorization, ...headers });
    const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    await vanishAfter(suite.port, `PATCH ${session.location} HTTP/1.1\r\n${lines}\r\n`, chunk.subarray(0, MIB));

    let overtaken = (): void => undefined;
    const isOvertaken = new Promise<void>((resolve) => (overtaken = resolve));
    async function* slowly(): AsyncGenerator<Buffer> {
      yield chunk.subarray(0, 10 * MIB);
      await isOvertaken;
      yield chunk.subarray(10 * MIB);
    }
    const slow = root.patch(session.location, slowly(), headers);
    // It holds a claim when it sends a part.
    const begun = await eventually(
      async () => proxy.requests.some(begins),
      (yes) => yes,
    );
    expect(begun).toBe(true);
    expect((await session.chunk(chunk)).status).toBe(202);
    overtaken();
    expect((await slow).status).toBe(416);
    expect((await session.end(blob.digest, blob.bytes.subarray(12 * MIB))).status).toBe(201);
    expect(proxy.requests.filter(lists)).toEqual([]);
    root.close();

    const left = await underTheKey();
    expect((await left()).length).toBe(4);
    await suite.restart(BUSY);
    expect(await eventually(left, (names) => names.length === 3)).toHaveLength(3);
    expect(proxy.requests.filter(lists).length).toBeGreaterThan(0);
    const after = rootClient(suite);
    expect((await after.get(`/v2/${NAME}/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
    after.close();
  }, 120_000);
}
