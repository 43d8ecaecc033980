import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { aBlob, aManifest, type Content, type RawReply, testComposition } from '@entrepot/testing';
import { storedFiles } from '../encryption/stored-files.js';
import type { Scene } from '../support/scene.js';

/** The scrub needs a moment; a machine under load a longer one. */
const WITHIN_MS = 30_000;

const SEGMENT_BYTES = 1_048_576;
/** Three segments, so that two of them are of one length. */
const BLOB_BYTES = 2 * SEGMENT_BYTES + 300_000;

interface Harmed {
  readonly file: string;
  /** That of another blob of the same size. */
  readonly other: string;
  /** Stored behind each segment. */
  readonly checkBytes: number;
}

const HARMS: readonly (readonly [string, (harmed: Harmed) => void])[] = [
  [
    'a changed byte',
    ({ file }) => {
      const bytes = readFileSync(file);
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(file, bytes);
    },
  ],
  ['a file that was cut', ({ file }) => truncateSync(file, 1_000)],
  ['a file that is gone', ({ file }) => rmSync(file)],
  [
    'a swap of two segments',
    ({ file, checkBytes }) => {
      const bytes = readFileSync(file);
      const frame = SEGMENT_BYTES + checkBytes;
      const [first, second] = [bytes.subarray(0, frame), bytes.subarray(frame, 2 * frame)];
      writeFileSync(file, Buffer.concat([second, first, bytes.subarray(2 * frame)]));
    },
  ],
  ['the file of another blob', ({ file, other }) => copyFileSync(other, file)],
];

/** What disks do to bytes that are stored with checks of so many bytes, and what clients see of it. */
export function damagedBytes(scene: () => Scene, checkBytes: number): void {
  it.each(HARMS)('%s is found, refused with a word about the repair, and repaired by a push', async (what, harm) => {
    const { root, api, suite, registryId } = scene();
    const name = `demo/apps/${what.replaceAll(' ', '-')}`;
    const blob = aBlob(BLOB_BYTES, what);
    const fileOf = async (pushed: Content): Promise<string> => {
      const files = storedFiles(suite.dataDirectory);
      expect((await root.pushBlob(name, pushed)).status).toBe(201);
      const made = storedFiles(suite.dataDirectory).filter((stored) => !files.includes(stored));
      expect(made).toHaveLength(1);
      return made[0]!;
    };
    harm({ file: await fileOf(blob), other: await fileOf(aBlob(BLOB_BYTES, `not ${what}`)), checkBytes });

    const refused = await eventually(
      () => root.get(`/v2/${name}/blobs/${blob.digest}`),
      (reply) => {
        // Until the scrub has found it, a pull fails; one that succeeds has the right bytes.
        if (reply.status === 200) expect(reply.body.equals(blob.bytes)).toBe(true);
        return reply.status === 404;
      },
    );
    expect(refused.json()).toEqual({
      errors: [
        {
          code: 'BLOB_UNKNOWN',
          message: expect.stringContaining('damaged'),
          detail: { digest: blob.digest, damaged: true },
        },
      ],
    });
    expect((await root.head(`/v2/${name}/blobs/${blob.digest}`)).status).toBe(404);
    const mounted = await root.post(`/v2/demo/charts/mount/blobs/uploads/?mount=${blob.digest}&from=${name}`);
    expect(mounted.status).toBe(202);
    const told = await api.call('GET', `/api/v1/registries/${registryId}/scrub`);
    expect(JSON.stringify(told)).toContain(blob.digest);
    // As separate services, only the port of `metrics` itself has it.
    if (testComposition() === 'standalone') {
      expect((await root.get('/metrics')).text).toMatch(/^entrepot_scrub_damaged_blobs 1$/m);
    }

    expect((await root.pushBlob('demo/apps/elsewhere', blob)).status).toBe(201);
    const pulled = await root.get(`/v2/${name}/blobs/${blob.digest}`);
    expect([pulled.status, pulled.body.equals(blob.bytes)]).toEqual([200, true]);
  });

  it.each(['post-put', 'chunks'] as const)(
    'an image that lost its blobs is whole again when it is pushed by %s',
    async (how) => {
      const { root, suite } = scene();
      const name = `demo/apps/whole-${how}`;
      const image = aManifest({ seed: `damaged ${how}`, layers: 2 });
      const files = storedFiles(suite.dataDirectory);
      await root.pushImage(name, image, ['1']);
      for (const file of storedFiles(suite.dataDirectory)) if (!files.includes(file)) rmSync(file);
      for (const { digest } of image.blobs) {
        await eventually(
          () => root.head(`/v2/${name}/blobs/${digest}`),
          ({ status }) => status === 404,
        );
      }
      await root.pushImage(name, image, ['2'], { how });
      for (const tag of ['1', '2']) await root.pullImage(name, image, tag);
    },
  );
}

async function eventually(ask: () => Promise<RawReply>, matches: (reply: RawReply) => boolean): Promise<RawReply> {
  const end = Date.now() + WITHIN_MS;
  for (;;) {
    // A pull that meets the damage before the scrub does is cut, or refused as a fault of ours.
    const reply = await ask().catch(() => null);
    if (reply && matches(reply)) return reply;
    if (Date.now() > end) throw new Error(`still ${reply?.status} ${reply?.text}`);
    await sleep(100);
  }
}
