import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import type { LookupAnswer, LookupQuestion } from '@entrepot/contracts';
import { Digest } from '@entrepot/oci';
import { recordActivity } from '../activity/record-activity.js';
import { deleteBlob } from '../blob/delete-blob.js';
import { deleteImage } from '../image/delete-image.js';
import { updateImage } from '../image/update-image.js';
import { deleteManifest } from '../manifest/delete-manifest.js';
import { beginDeletion } from '../repository/delete-repository.js';
import { updateRepository } from '../repository/update-repository.js';
import { updateRegistry } from '../registry/update-registry.js';
import { quarantineBlob, restoreBlob } from '../scrub/quarantine-blob.js';
import type { ClaimedBlob } from '../scrub/scrub.store.js';
import { deleteTag } from '../tag/delete-tag.js';
import { pointTag } from '../tag/point-tag.js';
import { aBlob, pushBlob, pushImage } from '../testing/pushes.js';
import { ACCOUNT, ScratchCatalog } from '../testing/scratch-catalog.js';
import { lookup } from './lookup.js';

let catalog: ScratchCatalog;
let asked: jest.SpiedFunction<(statement: never) => Promise<unknown[]>>;
let repository = 0;

beforeAll(async () => {
  catalog = await ScratchCatalog.open();
  asked = jest.spyOn(catalog.ports.lookups, 'ask') as unknown as typeof asked;
  await alone();
});
afterAll(() => catalog?.close());
beforeEach(async () => {
  catalog.repositoryId = await catalog.makeRepository(`apps-${++repository}`);
});

const about = (question: Partial<LookupQuestion>): LookupQuestion => ({
  kind: 'manifest',
  registryId: null,
  registryName: 'demo',
  repository: `apps-${repository}`,
  image: 'hello',
  tag: null,
  digest: null,
  ...question,
});
const ask = async (question: Partial<LookupQuestion>): Promise<LookupAnswer> =>
  (await lookup(catalog.ports, { questions: [about(question)] })).answers[0]!;

/** Whether the last answer came without Postgres. */
async function isRemembered(question: Partial<LookupQuestion>): Promise<boolean> {
  asked.mockClear();
  await ask(question);
  return asked.mock.calls.length === 0;
}

/** Waits until this catalog is the only one. */
async function alone(): Promise<void> {
  await pushImage(catalog, 'first', ['1']);
  const question = { repository: 'apps', image: 'first', tag: '1' };
  for (let look = 0; !(await isRemembered(question)); look++) {
    if (look > 1_000) throw new Error('nothing is remembered');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function generationOf(digest: string): Promise<ClaimedBlob> {
  const { algorithm, hex } = Digest.parse(digest);
  const [row] = await catalog.query<ClaimedBlob>(
    `SELECT registry_id AS "registryId", generation, algorithm, hex, size::float8, location, state FROM blob
     WHERE algorithm = $1 AND hex = $2 AND state IN ('live', 'quarantined')`,
    [algorithm, hex],
  );
  return row!;
}

describe('the memory of look-ups', () => {
  it('spares Postgres what was asked before, by tag, by digest and for blobs that manifests need', async () => {
    const { descriptor, layers } = await pushImage(catalog, 'hello', ['1']);
    for (const question of [
      { tag: '1' },
      { digest: descriptor.digest },
      { kind: 'blob' as const, digest: layers[0]!.digest },
    ]) {
      const answer = await ask(question);
      expect(await isRemembered(question)).toBe(true);
      expect(await ask(question)).toEqual(answer);
    }
  });

  it('asks for those of a batch that it does not know, and answers in order', async () => {
    await pushImage(catalog, 'hello', ['1', '2']);
    await ask({ tag: '2' });
    asked.mockClear();
    const questions = ['1', 'none', '2', '1'].map((tag) => about({ tag }));
    const { answers } = await lookup(catalog.ports, { questions });
    expect(answers.map(({ manifest }) => !!manifest)).toEqual([true, false, true, true]);
    expect((asked.mock.calls[0]![0] as { values: unknown[][] }).values[7]).toEqual(['1', 'none', '1']);
  });

  it('does not remember what is not there, so a first push is seen at once', async () => {
    expect((await ask({ tag: '1' })).manifest).toBeNull();
    const { descriptor } = await pushImage(catalog, 'hello', ['1']);
    expect((await ask({ tag: '1' })).manifest?.digest).toBe(descriptor.digest);
  });

  const image = { tag: '1' };
  /** Everything that changes what a look-up of `hello:1`, or of its layer, answers. */
  const changes: [string, (pushed: Awaited<ReturnType<typeof pushImage>>) => Promise<unknown>][] = [
    ['a push that moves the tag', () => pushImage(catalog, 'hello', ['1'])],
    ['the deletion of the tag', () => deleteTag(catalog.ports, { ...catalog.scope('hello'), tag: '1' })],
    [
      'a tag that is pointed elsewhere',
      async () => {
        const { descriptor } = await pushImage(catalog, 'hello', ['2']);
        await ask(image);
        const request = { ...catalog.scope('hello'), tag: '1', digest: descriptor.digest };
        await pointTag(catalog.ports, request, { mayMove: true });
      },
    ],
    [
      'the deletion of the manifest',
      ({ descriptor: { digest } }) => deleteManifest(catalog.ports, { ...catalog.scope('hello'), digest }),
    ],
    ['a lock on the image', async () => updateImage(catalog.ports, await path(), { description: null, locked: true })],
    ['the deletion of the image', async () => deleteImage(catalog.ports, { ...(await path()), actor: 'EK' })],
    [
      'another visibility of the repository',
      () => updateRepository(catalog.ports, { ...place(), actor: 'EK' }, { visibility: 'public' }),
    ],
    [
      'the deletion of the repository',
      () => beginDeletion(catalog.ports, { ...place(), actor: 'EK' }, `apps-${repository}`),
    ],
    [
      'other settings of the registry',
      async () => {
        const [row] = await catalog.query<{ create: boolean }>(`SELECT create_on_push AS create FROM registry`);
        await updateRegistry(catalog.ports, { ...place(), actor: 'EK' }, { createOnPush: !row!.create });
      },
    ],
    ['an operator’s own statement', () => catalog.query(`UPDATE image SET locked = true WHERE name = 'hello'`)],
  ];
  const place = () => ({
    accountId: ACCOUNT,
    registryId: catalog.registryId,
    repositoryId: catalog.repositoryId,
  });
  const path = async () => ({ ...place(), imageId: await catalog.imageId('hello') });

  it.each(changes)('shows %s at once', async (_, change) => {
    const pushed = await pushImage(catalog, 'hello', ['1']);
    const before = await ask(image);
    expect(await isRemembered(image)).toBe(true);
    await change(pushed);
    expect(await isRemembered(image)).toBe(false);
    expect(await ask(image)).not.toEqual(before);
  });

  it('shows the deletion of a blob, its quarantine, its return and its repair at once', async () => {
    const loose = aBlob();
    await pushBlob(catalog, 'hello', loose);
    const { layers } = await pushImage(catalog, 'hello', ['1']);
    const [layer] = layers;
    const question = { kind: 'blob', digest: layer!.digest } as const;
    const there = await ask(question);
    expect(await isRemembered(question)).toBe(true);
    const { database } = catalog.ports;
    const blob = await generationOf(layer!.digest);
    const judgement = { problem: 'wrong', now: catalog.now, again: catalog.now };
    await database.inTransaction((tx) => quarantineBlob(tx, blob, judgement));
    expect((await ask(question)).blob).toMatchObject({ location: null });
    await database.inTransaction((tx) => restoreBlob(tx, blob, catalog.now));
    expect(await ask(question)).toEqual(there);
    await database.inTransaction((tx) => quarantineBlob(tx, blob, judgement));
    await pushImage(catalog, 'other', ['1'], { layers: [layer!] });
    const repaired = await ask(question);
    expect(repaired.blob?.location).not.toEqual(there.blob?.location);
    expect(repaired.blob?.location).not.toBeNull();

    const single = { kind: 'blob', digest: loose.digest } as const;
    expect((await ask(single)).blob).not.toBeNull();
    await deleteBlob(catalog.ports, { ...catalog.scope('hello'), digest: loose.digest });
    expect((await ask(single)).blob).toBeNull();
  });

  it('shows a repair to every other image that has the blob', async () => {
    const layer = aBlob();
    for (const name of ['one', 'two']) await pushImage(catalog, name, ['1'], { layers: [layer] });
    const question = { kind: 'blob', image: 'one', digest: layer.digest } as const;
    const there = await ask(question);
    const blob = await generationOf(layer.digest);
    const { database } = catalog.ports;
    await database.inTransaction((tx) =>
      quarantineBlob(tx, blob, { problem: 'wrong', now: catalog.now, again: catalog.now }),
    );
    // Learned while it is set aside, nothing may stay.
    await ask(question);
    await pushBlob(catalog, 'three', layer);
    const repaired = await ask(question);
    expect(repaired.blob).toMatchObject({ size: layer.size, location: expect.any(Object) });
    expect(repaired.blob!.location).not.toEqual(there.blob!.location);
  });

  it('keeps what it knows of an image when another one is pushed, and when pulls are counted', async () => {
    const { descriptor } = await pushImage(catalog, 'hello', ['1']);
    await ask(image);
    await pushImage(catalog, 'hi', ['1']);
    const pull = { registryId: catalog.registryId, imageId: await catalog.imageId('hello') };
    await recordActivity(catalog.ports, {
      reportId: `report-${repository}`,
      pulls: [{ ...pull, digest: descriptor.digest, actor: 'EK', count: 1, lastAt: new Date().toISOString() }],
      refusals: [],
    });
    const [row] = await catalog.query<{ n: string }>(`SELECT pull_count AS n FROM image WHERE image_id = $1`, [
      pull.imageId,
    ]);
    expect(Number(row!.n)).toBe(1);
    expect(await isRemembered(image)).toBe(true);
  });

  it('keeps a blob that nothing needs for another day although it is remembered', async () => {
    const blob = aBlob();
    await pushBlob(catalog, 'hello', blob);
    const question = { kind: 'blob', digest: blob.digest } as const;
    await ask(question);
    expect(await isRemembered(question)).toBe(true);
    catalog.now = new Date(catalog.now.getTime() + 2 * 3_600_000);
    await ask(question);
    const [row] = await catalog.query<{ kept: Date }>(`SELECT keep_until AS kept FROM blob_link WHERE hex = $1`, [
      Digest.parse(blob.digest).hex,
    ]);
    expect(row!.kept.getTime()).toBe(catalog.now.getTime() + 24 * 3_600_000);
  });

  it('never answers older than a push that was answered, whoever reads meanwhile', async () => {
    const images = await Promise.all([0, 1, 2, 3].map((n) => pushImage(catalog, `hello-${n}`, ['1'])));
    let pushing = true;
    let reads = 0;
    /** What was pushed last, of which the pusher has its answer. */
    const latest = images.map(({ descriptor }) => [descriptor.digest]);
    const push = async (n: number) => {
      for (let round = 0; round < 40; round++) {
        const { descriptor } = await pushImage(catalog, `hello-${n}`, ['1']);
        latest[n]!.push(descriptor.digest);
      }
    };
    const read = async () => {
      while (pushing) {
        const floors = latest.map((digests) => digests.length - 1);
        const questions = latest.map((_, n) => about({ image: `hello-${n}`, tag: '1' }));
        const { answers } = await lookup(catalog.ports, { questions });
        answers.forEach(({ manifest }, n) => {
          const at = latest[n]!.indexOf(manifest!.digest);
          // Not in the list: its push is not answered yet, so it is newer than all of them.
          if (at !== -1 && at < floors[n]!) throw new Error(`image ${n}: ${at} was told after ${floors[n]}`);
          reads += 1;
        });
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const reading = Promise.all([read(), read(), read()]);
    await Promise.all(latest.map((_, n) => push(n))).finally(() => (pushing = false));
    await reading;
    expect(reads).toBeGreaterThan(500);
    await ask({ image: 'hello-0', tag: '1' });
    expect(await isRemembered({ image: 'hello-0', tag: '1' })).toBe(true);
  });

  it('shows what another program wrote behind its back after five seconds', async () => {
    await pushImage(catalog, 'hello', ['1']);
    await ask(image);
    const admin = new pg.Client({ connectionString: catalog.url });
    await admin.connect();
    await admin.query(`UPDATE catalog.image SET locked = true WHERE name = 'hello'`).finally(() => admin.end());
    const deadline = performance.now() + 15_000;
    while (!(await ask(image)).image!.locked && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect((await ask(image)).image!.locked).toBe(true);
  });

  it('ends when another catalog comes, whose pushes are seen at once', async () => {
    const { descriptor } = await pushImage(catalog, 'hello', ['1']);
    await ask(image);
    expect(await isRemembered(image)).toBe(true);
    const other = await catalog.another();
    const theirs = Object.assign(Object.create(catalog) as ScratchCatalog, { ports: other.ports });
    const { descriptor: moved } = await pushImage(theirs, 'hello', ['1']);
    expect(moved.digest).not.toBe(descriptor.digest);
    expect((await ask(image)).manifest?.digest).toBe(moved.digest);
    expect(await isRemembered(image)).toBe(false);
    await other.close();
    await alone();
  });
});
