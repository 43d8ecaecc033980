import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Digest, OciError } from '@entrepot/oci';
import { deleteBlob } from '../blob/delete-blob.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { aBlob, aManifest, anIndex, pushBlob, pushImage, put } from '../testing/pushes.js';
import { deleteManifest } from './delete-manifest.js';
import { putManifest } from './put-manifest.js';

let catalog: ScratchCatalog;
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
});
afterAll(() => catalog?.close());

const typesOf = async (image: string) => (await catalog.facts(image)).map((fact) => fact.type);
const history = (image: string, tag: string) =>
  catalog.query<{ digest: string; valid_from: Date; valid_to: Date | null; set_by: string; gap: boolean }>(
    `SELECT t.digest, valid_from, valid_to, set_by, lag(valid_to) OVER (ORDER BY valid_from) <> valid_from AS gap
     FROM tag t JOIN image i USING (registry_id, image_id) WHERE i.name = $1 AND t.name = $2 ORDER BY valid_from`,
    [image, tag],
  );
const lock = (table: 'repository' | 'image' | 'manifest', where: string, locked: boolean) =>
  catalog.query(`UPDATE ${table} SET locked = ${locked} WHERE ${where}`);

describe('the first push', () => {
  it('makes the image with its repository’s policies and tells image.created, tag.created and image.pushed once each', async () => {
    const pushed = await pushImage(catalog, 'first', ['1.0']);
    expect(await typesOf('first')).toEqual(['image.created', 'tag.created', 'image.pushed']);
    const [image] = await catalog.query(`SELECT policies, locked, tag_count FROM image WHERE name = 'first'`);
    expect(image).toEqual({ policies: { scan: { onPush: true } }, locked: false, tag_count: 1 });
    const facts = await catalog.facts('first');
    expect(facts[2]!.data).toMatchObject({ digest: pushed.descriptor.digest, tags: ['1.0'], repository: 'apps' });
  });

  it('does not copy the repository’s lock, and goes on while the repository is locked', async () => {
    await lock('repository', `name = 'apps'`, true);
    await pushImage(catalog, 'unlocked', ['1']);
    await lock('repository', `name = 'apps'`, false);
    const [image] = await catalog.query(`SELECT locked FROM image WHERE name = 'unlocked'`);
    expect(image).toEqual({ locked: false });
  });

  it('is refused when the repository is gone', async () => {
    const { body, contentType } = aManifest({});
    const scope = { ...catalog.scope('x'), repositoryId: '0'.repeat(32) };
    await expect(
      putManifest(catalog.ports, { ...scope, digest: null, tags: [], contentType, body }),
    ).rejects.toMatchObject({ code: 'NAME_UNKNOWN', status: 404 });
  });

  it('is refused with the numbers when the repository holds as many images as it may', async () => {
    await catalog.query(`UPDATE registry SET limits = '{"images": 1}'`);
    await expect(pushImage(catalog, 'one-too-many')).rejects.toMatchObject({ code: 'DENIED', status: 403 });
    await expect(pushImage(catalog, 'one-too-many')).rejects.toThrow(/of 1 images/);
    await catalog.query(`UPDATE registry SET limits = '{}'`);
  });

  it('counts many first pushes of one image at once as one image', async () => {
    const [before] = await catalog.query<{ image_count: number }>(`SELECT image_count FROM repository`);
    await Promise.all(Array.from({ length: 12 }, () => pushBlob(catalog, 'crowd', aBlob())));
    const [after] = await catalog.query<{ image_count: number }>(`SELECT image_count FROM repository`);
    expect(after!.image_count).toBe(before!.image_count + 1);
  });
});

describe('a manifest pushed again', () => {
  it('changes nothing and says nothing when the tag is the same', async () => {
    const pushed = await pushImage(catalog, 'again', ['1']);
    const before = await catalog.facts('again');
    await put(catalog, 'again', pushed, ['1']);
    await put(catalog, 'again', pushed);
    expect(await catalog.facts('again')).toEqual(before);
    expect(await history('again', '1')).toHaveLength(1);
  });

  it('under another tag tells the tag and the push', async () => {
    const pushed = await pushImage(catalog, 'retag', ['1']);
    await put(catalog, 'retag', pushed, ['2', '1']);
    expect((await typesOf('retag')).slice(3)).toEqual(['tag.created', 'image.pushed']);
  });

  it('by ten concurrent retries is stored once and told once', async () => {
    const { config, layers, ...manifest } = await pushImage(catalog, 'retries', [], { layers: [aBlob()] });
    expect([config.size, layers.length]).toEqual([2, 1]);
    await Promise.all(Array.from({ length: 10 }, () => put(catalog, 'retries', manifest, ['r'])));
    expect(await typesOf('retries')).toEqual(['image.created', 'image.pushed', 'tag.created', 'image.pushed']);
  });
});

describe('a tag', () => {
  it('moves with a history without gaps, and tells where it pointed before', async () => {
    const one = await pushImage(catalog, 'moving', ['latest']);
    const two = await pushImage(catalog, 'moving', ['latest']);
    const rows = await history('moving', 'latest');
    expect(rows.map((row) => row.digest)).toEqual([one.descriptor.digest, two.descriptor.digest]);
    expect(rows[1]).toMatchObject({ gap: false, valid_to: null });
    const moved = (await catalog.facts('moving')).find((fact) => fact.type === 'tag.moved');
    expect(moved?.data).toMatchObject({ previousDigest: one.descriptor.digest, digest: two.descriptor.digest });
  });

  it('moved by many pushes at once ends at one of them, and history holds them all in order', async () => {
    const manifests = await Promise.all(Array.from({ length: 8 }, () => pushImage(catalog, 'race')));
    await Promise.all(manifests.map((manifest) => put(catalog, 'race', manifest, ['latest'])));
    const rows = await history('race', 'latest');
    expect(rows).toHaveLength(8);
    expect(new Set(rows.map((row) => row.digest)).size).toBe(8);
    expect(rows.filter((row) => row.valid_to === null)).toEqual([rows.at(-1)]);
    expect(rows.slice(1).every((row) => !row.gap)).toBe(true);
    expect((await typesOf('race')).filter((type) => type === 'tag.moved')).toHaveLength(7);
    expect(await catalog.query(`SELECT tag_count FROM image WHERE name = 'race'`)).toEqual([{ tag_count: 1 }]);
  });

  it.each([
    ['repository', `name = 'apps'`],
    ['image', `name = 'held'`],
    ['manifest', `image_id = (SELECT image_id FROM image WHERE name = 'held')`],
  ] as const)('is not moved while the %s is locked, and a new one is set', async (table, where) => {
    const held = await pushImage(catalog, 'held', ['stable']);
    await lock(table, where, true);
    const refused = pushImage(catalog, 'held', ['stable']);
    await expect(refused).rejects.toMatchObject({ code: 'DENIED', message: expect.stringContaining('locked') });
    await put(catalog, 'held', held, [`new-${table}`]);
    await lock(table, where, false);
  });

  it('beyond the quota is refused with the numbers, and moving an old one is not', async () => {
    await catalog.query(`UPDATE registry SET limits = '{"tags": 2}'`);
    const pushed = await pushImage(catalog, 'quota', ['a', 'b']);
    await expect(put(catalog, 'quota', pushed, ['c'])).rejects.toThrow(/2 of 2 tags/);
    await pushImage(catalog, 'quota', ['a']);
    await catalog.query(`UPDATE registry SET limits = '{}'`);
  });

  it('may come with others in one push, each once', async () => {
    const pushed = await pushImage(catalog, 'many');
    const reply = await put(catalog, 'many', pushed, ['b', 'a', 'b', 'A']);
    expect(reply.tags).toEqual(['A', 'a', 'b']);
    expect(await catalog.query(`SELECT tag_count FROM image WHERE name = 'many'`)).toEqual([{ tag_count: 3 }]);
  });
});

describe('what a manifest needs', () => {
  it('must be there: missing blobs are named and nothing changes', async () => {
    const missing = aBlob();
    const refused = put(catalog, 'needy', aManifest({ layers: [missing] }), ['1']);
    await expect(refused).rejects.toMatchObject({ code: 'MANIFEST_BLOB_UNKNOWN', status: 404 });
    const error = (await refused.catch((thrown: unknown) => thrown)) as OciError;
    expect((error.detail as { digests: string[] }).digests).toContain(missing.digest);
    expect(await catalog.facts('needy')).toEqual([]);
    expect(await catalog.query(`SELECT 1 FROM image WHERE name = 'needy'`)).toEqual([]);
  });

  it('must be linked to this image: a blob of another one does not count', async () => {
    const { layers, config } = await pushImage(catalog, 'owner');
    await pushBlob(catalog, 'thief', config);
    await expect(put(catalog, 'thief', aManifest({ config, layers }))).rejects.toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
    });
  });

  it('must have the sizes that the manifest says', async () => {
    const { layers, config } = await pushImage(catalog, 'sizes');
    const wrong = { ...layers[0]!, size: layers[0]!.size + 1 };
    const refused = put(catalog, 'sizes', aManifest({ config, layers: [wrong] }));
    await expect(refused).rejects.toMatchObject({ code: 'SIZE_INVALID', status: 400 });
  });

  it('may be elsewhere for layers with URLs, and a missing subject is no obstacle', async () => {
    const config = aBlob();
    await pushBlob(catalog, 'foreign', config);
    const layers = [{ ...aBlob(), urls: ['https://example.com/layer'] }];
    const reply = await put(catalog, 'foreign', aManifest({ config, layers, subject: aBlob() }));
    expect(reply.subject).toMatch(/^sha256:/);
  });

  it('in an index are live manifests of the image', async () => {
    const child = await pushImage(catalog, 'index');
    await put(catalog, 'index', anIndex([child.descriptor]), ['all']);
    const other = await pushImage(catalog, 'elsewhere');
    const refused = put(catalog, 'index', anIndex([child.descriptor, other.descriptor]));
    await expect(refused).rejects.toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
      message: expect.stringContaining(other.descriptor.digest),
    });
  });

  it('can’t be deleted while the push is under way: either the blob stays or the push is refused', async () => {
    for (let round = 0; round < 12; round++) {
      const config = aBlob();
      const image = `blob-race-${round}`;
      await pushBlob(catalog, image, config);
      const [pushed, deleted] = await Promise.allSettled([
        put(catalog, image, aManifest({ config }), ['1']),
        deleteBlob(catalog.ports, { ...catalog.scope(image), digest: config.digest }),
      ]);
      expect([pushed.status, deleted.status].sort()).toEqual(['fulfilled', 'rejected']);
    }
  });

  it('can’t be deleted while the push is under way: either the child stays or the index is refused', async () => {
    for (let round = 0; round < 12; round++) {
      const image = `child-race-${round}`;
      const child = await pushImage(catalog, image);
      const results = await Promise.allSettled([
        put(catalog, image, anIndex([child.descriptor]), ['1']),
        deleteManifest(catalog.ports, { ...catalog.scope(image), digest: child.descriptor.digest }),
      ]);
      expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    }
  });
});

describe('the bytes', () => {
  it('are checked against the digest in the URL, by its algorithm', async () => {
    const { body, contentType, config, layers } = await pushImage(catalog, 'digests');
    const bytes = Buffer.from(body, 'base64');
    const scope = { ...catalog.scope('digests'), tags: [], contentType, body };
    const sha512 = Digest.of(bytes, 'sha512').toString();
    expect((await putManifest(catalog.ports, { ...scope, digest: sha512 })).digest).toBe(sha512);
    const wrong = putManifest(catalog.ports, { ...scope, digest: layers[0]!.digest });
    await expect(wrong).rejects.toMatchObject({ code: 'DIGEST_INVALID', status: 400 });
    expect(config.size).toBe(2);
  });

  it('roll back with their facts when the transaction fails', async () => {
    const { config } = await pushImage(catalog, 'rollback', ['1']);
    const before = await catalog.facts('rollback');
    await catalog.query(`CREATE FUNCTION refuse_tag() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.name = 'bad' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$`);
    await catalog.query(`CREATE TRIGGER refuse BEFORE INSERT ON tag FOR EACH ROW EXECUTE FUNCTION refuse_tag()`);
    await expect(put(catalog, 'rollback', aManifest({ config, artifactType: 'a/b' }), ['bad'])).rejects.toThrow('no');
    await catalog.query(`DROP TRIGGER refuse ON tag`);
    expect(await catalog.facts('rollback')).toEqual(before);
    expect(await catalog.query(`SELECT 1 FROM manifest WHERE artifact_type = 'a/b'`)).toEqual([]);
  });
});
