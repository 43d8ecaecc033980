import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { referrersFallbackTag, Digest } from '@entrepot/oci';
import { aBlob, aManifest, anIndex, type BlobPushed, pushBlob, pushImage, put } from '../testing/pushes.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { deleteManifest } from './delete-manifest.js';
import { listReferrers } from './list-referrers.js';

let catalog: ScratchCatalog;
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
});
afterAll(() => catalog?.close());

async function list(
  image: string,
  digest: string,
  rest: { artifactType?: string; after?: string; limit?: number } = {},
) {
  return listReferrers(catalog.ports, {
    registryId: catalog.registryId,
    imageId: await catalog.imageId(image),
    digest,
    artifactType: rest.artifactType ?? null,
    after: rest.after ?? null,
    limit: rest.limit ?? 100,
  });
}

/** Pushes a manifest that refers to the subject. */
async function refer(
  image: string,
  subject: BlobPushed,
  artifactType: string,
  annotations: Record<string, string> = {},
) {
  return pushImage(catalog, image, [], { subject, artifactType, annotations });
}

describe('the referrers of a digest', () => {
  it('are empty when nothing refers to it', async () => {
    await pushImage(catalog, 'alone');
    expect(await list('alone', aBlob().digest)).toEqual({ descriptors: [], more: false });
  });

  it('have the artifact type and the annotations of the manifest that refers, whether or not the subject is there', async () => {
    const subject = aBlob();
    const signature = await refer('signed', subject, 'application/x.signature', { by: 'me' });
    expect((await list('signed', subject.digest)).descriptors).toEqual([
      { ...signature.descriptor, artifactType: 'application/x.signature', annotations: { by: 'me' } },
    ]);
  });

  it('are filtered by artifact type and paged by digest, none twice and none left out', async () => {
    const subject = aBlob();
    for (let i = 0; i < 7; i++) await refer('paged', subject, i === 0 ? 'a/sbom' : 'a/signature');
    expect((await list('paged', subject.digest, { artifactType: 'a/sbom' })).descriptors).toHaveLength(1);
    const seen: unknown[] = [];
    for (let after: string | undefined; ;) {
      const page = await list('paged', subject.digest, { limit: 3, ...(after ? { after } : {}) });
      seen.push(...page.descriptors.map((descriptor) => descriptor['digest']));
      if (!page.more) break;
      after = seen.at(-1) as string;
    }
    expect(new Set(seen).size).toBe(7);
    expect(seen).toEqual([...seen].sort());
  });

  it('that were deleted are gone at once', async () => {
    const subject = aBlob();
    const { descriptor } = await refer('forgotten', subject, 'a/b');
    await deleteManifest(catalog.ports, { ...catalog.scope('forgotten'), digest: descriptor.digest });
    expect((await list('forgotten', subject.digest)).descriptors).toEqual([]);
  });

  it('include what an old client listed under the fallback tag, each once', async () => {
    const subject = await pushImage(catalog, 'fallback');
    const both = await refer('fallback', subject.descriptor, 'a/both');
    const config = aBlob();
    await pushBlob(catalog, 'fallback', config);
    const listed = aManifest({ config, artifactType: 'a/listed' });
    await put(catalog, 'fallback', listed);
    const tag = referrersFallbackTag(Digest.parse(subject.descriptor.digest));
    await put(catalog, 'fallback', anIndex([both.descriptor, listed.descriptor]), [tag]);
    const digests = async (rest = {}) =>
      (await list('fallback', subject.descriptor.digest, rest)).descriptors.map((descriptor) => descriptor['digest']);
    expect(await digests()).toEqual([both.descriptor.digest, listed.descriptor.digest].sort());
    expect(await digests({ artifactType: 'a/listed' })).toEqual([listed.descriptor.digest]);
  });

  it('with megabytes of annotations come in pages that fit into a message', async () => {
    const subject = aBlob();
    for (let i = 0; i < 4; i++) await refer('heavy', subject, 'a/b', { text: `${i}`.padEnd(1_500_000, 'x') });
    const page = await list('heavy', subject.digest);
    expect(page.more).toBe(true);
    expect(JSON.stringify(page).length).toBeLessThan(6_500_000);
    const after = page.descriptors.at(-1)!['digest'] as string;
    const rest = await list('heavy', subject.digest, { after });
    expect(page.descriptors.length + rest.descriptors.length).toBe(4);
  });
});
