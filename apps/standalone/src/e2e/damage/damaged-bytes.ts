import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { aBlob, aManifest, type Content, type RawReply, testComposition } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import { addedBy, bytesInDirectory, changedByte, type Harm, harmStored, type StoredBytes } from './stored-bytes.js';

/** The scrub needs a moment; a machine under load a longer one. */
const WITHIN_MS = 30_000;

const SEGMENT_BYTES = 1_048_576;
/** Three segments, so that two of them are of one length. */
const BLOB_BYTES = 2 * SEGMENT_BYTES + 300_000;

interface Storage {
  /** Stored behind each segment. */
  readonly checkBytes: number;
  /** Where the bytes are, unless in the suite's directory. */
  readonly storedBy?: (scene: Scene) => StoredBytes;
}

/** `other`: the bytes of another blob of the same size, as they are stored. */
const HARMS: readonly (readonly [string, (other: Buffer, checkBytes: number) => Harm])[] = [
  ['a changed byte', () => changedByte],
  ['a cut', () => (bytes) => bytes.subarray(0, 1_000)],
  ['a loss of all bytes', () => () => null],
  [
    'a swap of two segments',
    (_, checkBytes) => (bytes) => {
      const frame = SEGMENT_BYTES + checkBytes;
      return Buffer.concat([bytes.subarray(frame, 2 * frame), bytes.subarray(0, frame), bytes.subarray(2 * frame)]);
    },
  ],
  ['the bytes of another blob', (other) => () => other],
];

/** What disks, or buckets, do to bytes, and what clients see of it. */
export function damagedBytes(scene: () => Scene, { checkBytes, storedBy = inDirectory }: Storage): void {
  it.each(HARMS)('%s is found, refused with a word about the repair, and repaired by a push', async (what, harmOf) => {
    const { root, api, registryId } = scene();
    const stored = storedBy(scene());
    const name = `demo/apps/${what.replaceAll(' ', '-')}`;
    const blob = aBlob(BLOB_BYTES, what);
    const keptOf = async (pushed: Content): Promise<string> => {
      const [kept, ...more] = await addedBy(stored, async () => {
        expect((await root.pushBlob(name, pushed)).status).toBe(201);
      });
      expect(more).toEqual([]);
      return kept!;
    };
    const kept = await keptOf(blob);
    const other = await stored.read(await keptOf(aBlob(BLOB_BYTES, `not ${what}`)));
    await harmStored(stored, kept, harmOf(other, checkBytes));

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
      const { root } = scene();
      const stored = storedBy(scene());
      const name = `demo/apps/whole-${how}`;
      const image = aManifest({ seed: `damaged ${how}`, layers: 2 });
      const kept = await addedBy(stored, () => root.pushImage(name, image, ['1']));
      for (const each of kept) await stored.remove(each);
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

function inDirectory({ suite }: Scene): StoredBytes {
  return bytesInDirectory(suite.dataDirectory);
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
