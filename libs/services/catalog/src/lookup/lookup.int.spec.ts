import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LookupQuestion } from '@entrepot/contracts';
import { deleteManifest } from '../manifest/delete-manifest.js';
import { manyImages } from '../testing/many-images.js';
import { aBlob, pushBlob, pushImage } from '../testing/pushes.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { LOOKUP_SETTINGS } from './lookup-settings.js';
import { LOOKUP } from './lookup.sql.js';
import { lookup } from './lookup.js';

let catalog: ScratchCatalog;
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
});
afterAll(() => catalog?.close());

const about = (question: Partial<LookupQuestion>): LookupQuestion => ({
  kind: 'manifest',
  registryId: null,
  registryName: 'demo',
  repository: 'apps',
  image: 'hello',
  tag: null,
  digest: null,
  ...question,
});
const ask = async (...questions: Partial<LookupQuestion>[]) =>
  (await lookup(catalog.ports, { questions: questions.map(about) })).answers;

describe('a look-up', () => {
  it('answers mixed questions in their order, each as far as its address leads', async () => {
    const pushed = await pushImage(catalog, 'hello', ['1']);
    const { digest, mediaType, size } = pushed.descriptor;
    const blob = pushed.layers[0]!;
    const answers = await ask(
      { tag: '1' },
      { digest },
      { kind: 'blob', digest: blob.digest },
      { kind: 'name' },
      { tag: '2' },
      { image: 'nobody', tag: '1' },
      { repository: 'nothing', tag: '1' },
      { registryName: 'nowhere', tag: '1' },
    );
    const depth = answers.map((answer) => [!!answer.registry, !!answer.repository, !!answer.image]);
    expect(depth.slice(0, 5)).toEqual(Array(5).fill([true, true, true]));
    expect(depth.slice(5)).toEqual([
      [true, true, false],
      [true, false, false],
      [false, false, false],
    ]);
    expect(answers.map((answer) => answer.manifest)).toEqual([
      { digest, mediaType, size },
      { digest, mediaType, size },
      ...Array<null>(6).fill(null),
    ]);
    expect(answers[2]!.blob).toMatchObject({
      digest: blob.digest,
      size: blob.size,
      location: { key: expect.any(String) },
    });
    expect(answers.filter((answer) => answer.blob)).toHaveLength(1);
    expect(answers[0]).toMatchObject({
      registry: {
        accountId: '000000000001',
        name: 'demo',
        visibility: 'private',
        createOnPush: false,
        state: 'Running',
      },
      repository: { visibility: 'private', locked: false, state: 'Active' },
      image: { locked: false, state: 'Active' },
    });
  });

  it('finds a registry by id in whatever account, and by name only in the default account', async () => {
    const registryId = await catalog.makeRegistry('elsewhere', { accountId: '000000000002' });
    const [byId, byName, both, wrong] = await ask(
      { registryId, registryName: null },
      { registryName: 'elsewhere' },
      { registryId, registryName: 'elsewhere' },
      { registryId, registryName: 'demo' },
    );
    expect(byId!.registry).toMatchObject({ registryId, accountId: '000000000002' });
    expect(both!.registry).toMatchObject({ registryId });
    expect([byName!.registry, wrong!.registry]).toEqual([null, null]);
  });

  it('does not see what was deleted', async () => {
    const { descriptor } = await pushImage(catalog, 'deleted', ['1']);
    await deleteManifest(catalog.ports, { ...catalog.scope('deleted'), digest: descriptor.digest });
    const [byTag, byDigest] = await ask(
      { image: 'deleted', tag: '1' },
      { image: 'deleted', digest: descriptor.digest },
    );
    expect([byTag!.manifest, byDigest!.manifest]).toEqual([null, null]);
    expect(byTag!.image).not.toBeNull();
    const gone = await catalog.makeRepository('gone');
    await catalog.query(`UPDATE repository SET deleted_at = now() WHERE repository_id = $1`, [gone]);
    const [answer] = await ask({ kind: 'name', repository: 'gone' });
    expect(answer).toMatchObject({ registry: { name: 'demo' }, repository: null });
  });

  it('gives a blob only through an image that is linked to it, announced or not', async () => {
    const blob = aBlob();
    await pushBlob(catalog, 'linked', blob);
    const [here, there] = await ask(
      { kind: 'blob', image: 'linked', digest: blob.digest },
      { kind: 'blob', image: 'hello', digest: blob.digest },
    );
    expect([here!.blob?.size, there!.blob]).toEqual([blob.size, null]);
  });

  it('does not take a malformed digest for anything', async () => {
    const answers = await ask({ digest: 'sha256' }, { digest: '' }, { kind: 'blob', digest: ':' });
    expect(answers.every((answer) => answer.image && !answer.manifest && !answer.blob)).toBe(true);
  });

  it('keeps a blob that nothing refers to for another day, with one write however often it is asked for', async () => {
    const blob = aBlob();
    await pushBlob(catalog, 'kept', blob);
    const until = async () =>
      (
        await catalog.query<{ keep_until: Date }>(`SELECT keep_until FROM blob_link WHERE hex = $1`, [
          blob.digest.slice(7),
        ])
      )[0]!.keep_until;
    const first = await until();
    await ask({ kind: 'blob', image: 'kept', digest: blob.digest });
    expect(await until()).toEqual(first);
    catalog.now = new Date(catalog.now.getTime() + 2 * 3_600_000);
    await ask(
      { kind: 'blob', image: 'kept', digest: blob.digest },
      { kind: 'blob', image: 'kept', digest: blob.digest },
    );
    expect((await until()).getTime()).toBe(first.getTime() + 2 * 3_600_000);
  });

  it('does not say that a blob is there whose link is being removed at that moment', async () => {
    const blob = aBlob();
    await pushBlob(catalog, 'leaving', blob);
    catalog.now = new Date(catalog.now.getTime() + 2 * 3_600_000);
    const { asked } = await catalog.ports.database.inTransaction(async (tx) => {
      await tx.query(`DELETE FROM blob_link WHERE hex = $1`, [blob.digest.slice(7)]);
      // It sees the link, as the removal is not committed yet; what it says of it must hold after.
      const asked = ask({ kind: 'blob', image: 'leaving', digest: blob.digest });
      await someoneWaits();
      return { asked };
    });
    const [answer] = await asked;
    expect(answer).toMatchObject({ image: { state: 'Active' }, blob: null });
  });

  it('keeps a blob for its day although somebody held its row and let it go again', async () => {
    const blob = aBlob();
    await pushBlob(catalog, 'held', blob);
    catalog.now = new Date(catalog.now.getTime() + 2 * 3_600_000);
    const { asked } = await catalog.ports.database.inTransaction(async (tx) => {
      await tx.query(`SELECT 1 FROM blob_link WHERE hex = $1 FOR UPDATE`, [blob.digest.slice(7)]);
      const asked = ask({ kind: 'blob', image: 'held', digest: blob.digest });
      await someoneWaits();
      return { asked };
    });
    expect((await asked)[0]!.blob).not.toBeNull();
    const [link] = await catalog.query<{ keep_until: Date }>(`SELECT keep_until FROM blob_link WHERE hex = $1`, [
      blob.digest.slice(7),
    ]);
    expect(link!.keep_until.getTime()).toBe(catalog.now.getTime() + 24 * 3_600_000);
  });

  it('answers a full batch', async () => {
    const answers = await ask(...Array.from({ length: 256 }, () => ({ tag: '1' })));
    expect(answers).toHaveLength(256);
    expect(answers.every((answer) => answer.manifest !== null)).toBe(true);
  });

  it.each([
    ['without statistics', ''],
    ['with statistics', 'ANALYZE'],
  ])('is planned as index look-ups by whole keys alone, %s', async (_, before) => {
    const scratch = await ScratchCatalog.open();
    try {
      await manyImages(scratch, 2_000);
      if (before) await scratch.query(before);
      const plan = await planOf(scratch);
      expect(plan).not.toMatch(/Seq Scan|Bitmap|Hash|Merge/);
      expect(indexesOf(plan)).toEqual([
        'registry_pkey: registry_id',
        'registry_name: account_id, name',
        'repository_name: registry_id, name',
        'image_name: registry_id, repository_id, name',
        'tag_open: registry_id, image_id, name',
        'manifest_pkey: registry_id, manifest_id',
        'manifest_digest: registry_id, image_id, digest',
        'blob_link_pkey: registry_id, image_id, algorithm, hex',
        'blob_pkey: registry_id, generation',
      ]);
    } finally {
      await scratch.close();
    }
  });
});

/** Until a statement waits for a row that another transaction holds. */
async function someoneWaits(): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const waiting = await catalog.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (waiting.length > 0) return;
    await sleep(10);
  }
  throw new Error('nobody waits for a row');
}

/** The plan that a look-up's connection makes. */
async function planOf(scratch: ScratchCatalog): Promise<string> {
  const none = `ARRAY['x']::text[]`;
  return scratch.ports.database.inTransaction(async (tx) => {
    for (const [name, value] of Object.entries(LOOKUP_SETTINGS)) await tx.query(`SET LOCAL ${name} = ${value}`);
    await tx.query(`PREPARE planned AS ${LOOKUP}`);
    const rows = await tx.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN EXECUTE planned('x', ${none}, ${none}, ${none}, ARRAY[1], ${Array<string>(5).fill(none).join(', ')})`,
    );
    await tx.query(`DEALLOCATE planned`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  });
}

/** Each index with the columns that it is searched by. */
function indexesOf(plan: string): string[] {
  const found = [...plan.matchAll(/Index (?:Only )?Scan using (\w+) on .*\n\s*(?:Index Cond: (.*)|.*)/g)];
  const named = found.map(([, index = '', condition = '']) => {
    const columns = [...condition.matchAll(/\((\w+) = /g)].map(([, column]) => column);
    return `${index}: ${columns.join(', ')}`;
  });
  return [...new Set(named)];
}
