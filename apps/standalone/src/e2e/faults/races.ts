import { expect, it } from '@jest/globals';
import { aBlob, aManifest, openUpload, type SyntheticManifest, UploadSession } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import { historyOf } from '../support/tag-history.js';

/** Two clients who want the same at the same moment. */
export function races(scene: () => Scene): void {
  it('two pushes that move one tag, fifty times: the tag is one of them, and history holds both', async () => {
    const { root } = scene();
    const name = 'demo/apps/raced';
    const pairs = Array.from(
      { length: 50 },
      (_, round) =>
        ['a', 'b'].map((side) => aManifest({ layers: 0, seed: `race ${round} ${side}` })) as [
          SyntheticManifest,
          SyntheticManifest,
        ],
    );
    for (const manifest of pairs.flat()) await root.pushImage(name, manifest, []);
    for (const [round, pair] of pairs.entries()) {
      const tag = `race-${round}`;
      const pushed = await Promise.all(pair.map((manifest) => root.pushManifest(name, manifest, { reference: tag })));
      expect(pushed.map(({ status }) => status)).toEqual([201, 201]);
      const { body, headers } = await root.get(`/v2/${name}/manifests/${tag}`);
      const winner = pair.find(({ digest }) => digest === headers['docker-content-digest']);
      expect(winner?.bytes.equals(body)).toBe(true);
    }
    for (const [round, pair] of pairs.entries()) {
      const history = await historyOf(scene(), 'apps', 'raced', `race-${round}`);
      expect(history.map(({ digest }) => digest).sort()).toEqual(pair.map(({ digest }) => digest).sort());
      expect(history.filter(({ validTo }) => validTo === null)).toHaveLength(1);
    }
  });

  it('twenty pushes of one blob: all are told 201, and it is there once', async () => {
    const { root } = scene();
    const name = 'demo/apps/raced-blob';
    const blob = aBlob(300_000, 'raced blob');
    const pushed = await Promise.all(
      Array.from({ length: 20 }, (_, at) => root.pushBlob(at % 2 ? name : `${name}-2`, blob, 'stream')),
    );
    expect(pushed.map(({ status }) => status)).toEqual(pushed.map(() => 201));
    for (const image of [name, `${name}-2`]) {
      expect((await root.get(`/v2/${image}/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
    }
  });

  it('twenty first pushes of one image make one image', async () => {
    const { root } = scene();
    const name = 'demo/apps/raced-image';
    const manifests = Array.from({ length: 20 }, (_, at) => aManifest({ layers: 1, seed: `first ${at}` }));
    await Promise.all(manifests.map((manifest, at) => root.pushImage(name, manifest, [`t${at}`])));
    expect(await root.tags(name)).toHaveLength(20);
    const { repositories } = (await root.get('/v2/_catalog?n=1000')).json<{ repositories: string[] }>();
    expect(repositories.filter((found) => found === name)).toHaveLength(1);
  });

  it('a blob that is deleted while a manifest that needs it is pushed: either the push or the delete is refused', async () => {
    const { root } = scene();
    const name = 'demo/apps/raced-delete';
    for (let round = 0; round < 20; round++) {
      const manifest = aManifest({ seed: `raced delete ${round}` });
      await root.pushImage(name, manifest, []);
      const layer = manifest.blobs[1]?.digest;
      const [pushed, deleted] = await Promise.all([
        root.pushManifest(name, manifest, { reference: `r${round}` }),
        root.delete(`/v2/${name}/blobs/${layer}`),
      ]);
      if (pushed.status === 201) {
        expect(deleted.status).toBe(405);
        await root.pullImage(name, manifest, `r${round}`);
      } else {
        expect([pushed.status, pushed.code, deleted.status]).toEqual([404, 'MANIFEST_BLOB_UNKNOWN', 202]);
      }
    }
  });

  it('two PUTs that end one upload: both may be told 201, but only of the bytes that are there', async () => {
    const { root } = scene();
    const name = 'demo/apps/raced-end';
    for (let round = 0; round < 10; round++) {
      const blob = aBlob(50_000, `raced end ${round}`);
      const session = new UploadSession(root, await openUpload(root, name));
      await session.stream(blob.bytes);
      const ended = await Promise.all([session.end(blob.digest), session.end(blob.digest)]);
      expect(ended.map(({ status }) => status)).toContain(201);
      for (const { status } of ended) expect([201, 404, 416]).toContain(status);
      expect((await root.get(`/v2/${name}/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
    }
  });
}
