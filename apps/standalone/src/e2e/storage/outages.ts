import { expect, it } from '@jest/globals';
import { aBlob, aManifest } from '@entrepot/testing';
import { rootClient } from '../support/scene.js';
import { eventually, type Stage } from './stage.js';

interface Readiness {
  ready: boolean;
  missing: { name: string; reason: string }[];
}

const EVERY = () => true;

/** As S3 words it. */
const refusal = (code: string) => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>so</Message></Error>`;

/** The store is away, slow or lies for a while. */
export function storageOutages(stage: () => Stage): void {
  it.each([
    ['answers 503', { kind: 'answer', status: 503 } as const],
    ['cuts every connection', { kind: 'lose-answer' } as const],
  ])(
    'a store that %s makes pushes and pulls 503, is named by /readyz, and all go on when it is back',
    async (how, fault) => {
      const { root, proxy, suite } = stage();
      const name = `demo/apps/away-${how.length}`;
      const image = aManifest({ seed: `away ${how}` });
      await root.pushImage(name, image, ['1']);
      const blob = aBlob(2_000_000, `away ${how}`);
      const layer = image.blobs.at(-1)!;

      proxy.inject(fault, EVERY, Infinity);
      const pushed = await root.pushBlob(name, blob);
      expect([pushed.status, pushed.header('retry-after') !== undefined]).toEqual([503, true]);
      expect((await root.get(`/v2/${name}/blobs/${layer.digest}`)).status).toBe(503);
      // What needs no bytes of the store goes on.
      expect((await root.get(`/v2/${name}/manifests/1`)).status).toBe(200);
      const unready = await eventually(
        () => fetch(`${suite.url}/readyz`),
        ({ status }) => status === 503,
      );
      const { missing } = (await unready.json()) as Readiness;
      expect(missing.map((entry) => entry.name)).toEqual(['blob-store']);

      proxy.clear();
      const ready = await eventually(
        () => fetch(`${suite.url}/readyz`),
        ({ status }) => status === 200,
      );
      expect(ready.status).toBe(200);
      expect((await root.pushBlob(name, blob)).status).toBe(201);
      await root.pullImage(name, image, '1');
    },
    120_000,
  );

  it.each([
    [403, 'InvalidAccessKeyId', 'does not accept the access key and its secret'],
    [403, 'AccessDenied', 'does not allow our access key to do this in the bucket'],
    [404, 'NoSuchBucket', 'does not exist'],
  ])(
    'a store that answers %d %s in operation makes pushes and pulls 503, /readyz says why, and all go on when it no longer does',
    async (status, code, sentence) => {
      const { root, proxy, suite } = stage();
      const name = `demo/apps/refused-${code.toLowerCase()}`;
      const image = aManifest({ seed: code });
      await root.pushImage(name, image, ['1']);
      const blob = aBlob(100_000, code);
      const readyz = (wanted: number) =>
        eventually(
          () => fetch(`${suite.url}/readyz`),
          (reply) => reply.status === wanted,
        );

      proxy.inject({ kind: 'answer', status, body: refusal(code) }, EVERY, Infinity);
      const refused = [
        await root.pushBlob(name, blob),
        await root.get(`/v2/${name}/blobs/${image.blobs.at(-1)!.digest}`),
      ];
      for (const reply of refused) {
        expect([reply.status, reply.code, reply.header('retry-after')]).toEqual([503, 'UNAVAILABLE', '1']);
        expect(reply.message).toContain('does not answer right now, nothing was changed');
      }
      const { missing } = (await (await readyz(503)).json()) as Readiness;
      expect(missing).toEqual([{ name: 'blob-store', reason: expect.stringContaining(sentence) }]);

      proxy.clear();
      expect((await readyz(200)).status).toBe(200);
      expect((await root.pushBlob(name, blob)).status).toBe(201);
      await root.pullImage(name, image, '1');
    },
    60_000,
  );

  it('a store that fails now and then is asked again, and clients notice nothing', async () => {
    const { root, proxy } = stage();
    const image = aManifest({ seed: 'flaky', layers: 3 });
    let count = 0;
    proxy.inject({ kind: 'answer', status: 503 }, () => count++ % 3 === 0, Infinity);
    await root.pushImage('demo/apps/flaky', image, ['1']);
    await root.pullImage('demo/apps/flaky', image, '1');
    proxy.clear();
  });

  it('bytes that are cut short on their way from the store never reach a client as a complete answer', async () => {
    const { root, proxy } = stage();
    const blob = aBlob(3_000_000, 'cut');
    expect((await root.pushBlob('demo/apps/cut', blob)).status).toBe(201);
    const reads = ({ method, url }: { method: string; url: string }) =>
      method === 'GET' && url.includes('/registries/');
    proxy.inject({ kind: 'shorten-answer', to: 2_000_000 }, reads, Infinity);
    const reply = await root.get(`/v2/demo/apps/cut/blobs/${blob.digest}`).catch(() => null);
    expect(reply === null || reply.status >= 500).toBe(true);
    proxy.clear();
    expect((await root.get(`/v2/demo/apps/cut/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
  }, 60_000);

  it('a killed suite finds everything again', async () => {
    const { root, suite } = stage();
    const image = aManifest({ seed: 'survivor', layers: 2 });
    await root.pushImage('demo/apps/survivor', image, ['1']);
    await suite.kill();
    await suite.restart();
    const after = rootClient(suite);
    await after.pullImage('demo/apps/survivor', image, '1');
    after.close();
  }, 120_000);
}
