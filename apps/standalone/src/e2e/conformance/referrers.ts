import { describe, expect, it } from '@jest/globals';
import {
  type Algorithm,
  anArtifact,
  anIndex,
  aManifest,
  contentOf,
  type RawReply,
  type SyntheticManifest,
} from '@entrepot/testing';
import type { Place } from '../support/place.js';

const SBOM = 'application/vnd.example.sbom.v1';
const SIGNATURE = 'application/vnd.example.signature.v1';
const INDEX = 'application/vnd.oci.image.index.v1+json';

/** end-12: never 404, filtered, paged, and with what fallback tags list. */
export function referrers(place: () => Place): void {
  it.each(['an image that is not there', 'a repository that is not there'])('are none in %s', async (where) => {
    const { client, image } = place();
    const name = where.startsWith('an image') ? image('never') : image('x').replace('apps', 'never');
    const reply = await client.get(`/v2/${name}/referrers/${contentOf('nothing').digest}`);
    expect([reply.status, reply.header('content-type')]).toEqual([200, INDEX]);
    expect(reply.json()).toEqual({ schemaVersion: 2, mediaType: INDEX, manifests: [] });
  });

  it.each(['sha256:bad', 'notadigest', 'md5:00'])('of the malformed digest %s are refused', async (digest) => {
    const reply = await place().client.get(`/v2/${place().image('never')}/referrers/${digest}`);
    expect([reply.status, reply.code]).toEqual([400, 'DIGEST_INVALID']);
  });

  describe.each<Algorithm>(['sha256', 'sha512'])('of a %s subject', (algorithm) => {
    const name = () => place().image(`referrers-${algorithm}`);
    const scene = async (what: string, count: number) => {
      const { client, seed } = place();
      const subject = aManifest({ seed: `${seed} ${what}`, algorithm });
      const refer = (artifactType: string, at: number) =>
        anArtifact({
          artifactType,
          subject,
          algorithm,
          seed: `${seed} ${what} ${at}`,
          annotations: { at: String(at) },
        });
      const all = Array.from({ length: count }, (_, at) => refer(at % 2 === 0 ? SBOM : SIGNATURE, at));
      await client.pushImage(name(), subject);
      for (const artifact of all) await client.pushImage(name(), artifact);
      return { subject, all };
    };
    const list = (subject: SyntheticManifest, query = '') =>
      place().client.get(`/v2/${name()}/referrers/${subject.digest}${query}`);

    it('are filtered by their type, and the answer says so', async () => {
      const { subject, all } = await scene('filter', 5);
      const unfiltered = await list(subject);
      expect(unfiltered.header('oci-filters-applied')).toBeUndefined();
      expect(digestsOf(unfiltered)).toEqual(sorted(all));
      const filtered = await list(subject, `?artifactType=${encodeURIComponent(SIGNATURE)}`);
      expect(filtered.header('oci-filters-applied')).toBe('artifactType');
      expect(digestsOf(filtered)).toEqual(sorted(all.filter(({ artifactType }) => artifactType === SIGNATURE)));
      expect(digestsOf(await list(subject, '?artifactType=application/vnd.none'))).toEqual([]);
    });

    it('come in pages, filter and all', async () => {
      const { subject, all } = await scene('pages', 7);
      expect(await paged(list(subject, '?n=2'), 2)).toEqual(sorted(all));
      const wanted = all.filter(({ artifactType }) => artifactType === SBOM);
      expect(await paged(list(subject, `?n=3&artifactType=${encodeURIComponent(SBOM)}`), 3)).toEqual(sorted(wanted));
    });

    it('go when they are deleted', async () => {
      const { subject, all } = await scene('delete', 2);
      const [gone, stays] = all as [SyntheticManifest, SyntheticManifest];
      expect((await place().client.delete(`/v2/${name()}/manifests/${gone.digest}`)).status).toBe(202);
      expect(digestsOf(await list(subject))).toEqual([stays.digest]);
    });

    it('are those of their own image only', async () => {
      const { subject, all } = await scene('image', 1);
      const { client, image } = place();
      await client.pushImage(image('referrers-elsewhere'), subject);
      expect(digestsOf(await client.get(`/v2/${image('referrers-elsewhere')}/referrers/${subject.digest}`))).toEqual(
        [],
      );
      expect(digestsOf(await list(subject))).toEqual(sorted(all));
    });

    it('include what a fallback tag of an old client lists, each once', async () => {
      const { subject, all } = await scene('fallback', 2);
      const { client, seed } = place();
      // Old clients listed manifests of any kind there; one has no subject of its own.
      const unlinked = anArtifact({ artifactType: SIGNATURE, seed: `${seed} ${algorithm} unlinked`, algorithm });
      await client.pushImage(name(), unlinked);
      const tag = subject.digest.replace(':', '-').slice(0, algorithm.length + 1 + 64);
      const fallback = anIndex({ manifests: [all[0] as SyntheticManifest, unlinked] });
      await client.pushImage(name(), fallback, [tag]);
      expect(digestsOf(await list(subject))).toEqual(sorted([...all, unlinked]));
    });
  });

  async function paged(first: Promise<RawReply>, n: number): Promise<string[]> {
    const found: string[] = [];
    let reply: RawReply | null = await first;
    for (let pages = 0; reply !== null && pages < 10; pages++) {
      const digests = digestsOf(reply);
      expect(digests.length).toBeLessThanOrEqual(n);
      found.push(...digests);
      const next: string | undefined = /^<([^>]+)>; ?rel="?next"?$/.exec(reply.header('link') ?? '')?.[1];
      reply = next === undefined ? null : await place().client.get(next);
    }
    return found.sort();
  }
}

function digestsOf(reply: RawReply): string[] {
  expect(reply.status).toBe(200);
  return reply
    .json<{ manifests: { digest: string }[] }>()
    .manifests.map(({ digest }) => digest)
    .sort();
}

function sorted(manifests: readonly SyntheticManifest[]): string[] {
  return manifests.map(({ digest }) => digest).sort();
}
