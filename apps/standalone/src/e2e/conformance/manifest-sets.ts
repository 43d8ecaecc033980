import { describe, expect, it } from '@jest/globals';
import { type Content, dataSets, type DataSet, locationOf, type SyntheticManifest } from '@entrepot/testing';
import type { Place, Style } from '../support/place.js';

/** Every data set of the official suite: pushed, listed, pulled by digest and tag, deleted. */
export function manifestSets(place: () => Place, style: Style): void {
  describe.each(dataSets(style).map((set) => [set.name, set] as const))('%s', (_, set) => {
    const name = () => place().image(set.name.replaceAll(/[^a-z0-9]+/g, '-'));
    const main = set.roots.at(-1) as SyntheticManifest;

    it('is taken by digest and by tag', () => pushed(place(), name(), set));

    it('is listed with its tags in byte order', async () => {
      const tags = ['by-tag', ...(set.tagParameters ?? [])].sort();
      expect(await place().client.tags(name())).toEqual(tags);
    });

    it('is pulled as it was pushed, by digest and by tag', async () => {
      for (const manifest of set.roots.flatMap(withChildren)) await pulls(place(), name(), manifest, manifest.digest);
      await pulls(place(), name(), main, 'by-tag');
      for (const tag of set.tagParameters ?? []) await pulls(place(), name(), main, tag);
    });

    it('has all its blobs', async () => {
      const { client } = place();
      for (const blob of set.roots.flatMap(withChildren).flatMap(({ blobs }) => blobs)) {
        const pulled = await client.get(`/v2/${name()}/blobs/${blob.digest}`);
        if (set.neverPushed?.has(blob.digest)) expect(pulled.status).toBe(404);
        else expect(pulled.body.equals(blob.bytes)).toBe(true);
      }
    });

    it('is among the referrers of its subjects, and of nothing else', () => referred(place(), name(), set));

    it('goes at once when it is deleted, the tags first', () => deleted(place(), name(), set));
  });
}

async function pushed({ client }: Place, name: string, set: DataSet): Promise<void> {
  const { neverPushed = new Set<string>() } = set;
  for (const root of set.roots) {
    await client.pushImage(name, root, [], { neverPushed });
    const tags = root === set.roots.at(-1) ? (set.tagParameters ?? []) : [];
    const reply = await client.pushManifest(name, root, { tags });
    expect([reply.status, reply.text]).toEqual([201, '']);
    expect(reply.header('docker-content-digest')).toBe(root.digest);
    expect(reply.header('oci-subject')).toBe(root.subject ?? undefined);
    expect(
      reply
        .headerLines('oci-tag')
        .flatMap((line) => line.split(/, */))
        .sort(),
    ).toEqual([...tags].sort());
    expect(reply.headerLines('warning')).toEqual([]);
    expect((await client.get(locationOf(reply))).body.equals(root.bytes)).toBe(true);
  }
  const main = set.roots.at(-1) as SyntheticManifest;
  // A push by tag alone has no say in the algorithm: the bytes would get a second, sha256 name.
  const byTag = main.digest.startsWith('sha256:') ? { reference: 'by-tag' } : { tags: ['by-tag'] };
  expect((await client.pushManifest(name, main, byTag)).status).toBe(201);
}

async function pulls({ client }: Place, name: string, manifest: Content, reference: string): Promise<void> {
  const path = `/v2/${name}/manifests/${reference}`;
  const facts = {
    'content-type': manifest.mediaType,
    'docker-content-digest': manifest.digest,
    'content-length': String(manifest.bytes.length),
  };
  const head = await client.head(path);
  expect([head.status, head.body.length]).toEqual([200, 0]);
  expect(head.headers).toMatchObject(facts);
  const { status, headers, body } = await client.get(path, { accept: '*/*' });
  expect(status).toBe(200);
  expect(headers).toMatchObject(facts);
  expect(headers['warning']).toBeUndefined();
  expect(body.equals(manifest.bytes)).toBe(true);
}

async function referred({ client }: Place, name: string, set: DataSet): Promise<void> {
  const referring = set.roots.filter(({ subject }) => subject !== null);
  const subjects = new Set([
    ...referring.map(({ subject }) => subject as string),
    ...set.roots.map(({ digest }) => digest),
  ]);
  for (const subject of subjects) {
    const reply = await client.get(`/v2/${name}/referrers/${subject}`);
    expect([reply.status, reply.header('content-type')]).toEqual([200, 'application/vnd.oci.image.index.v1+json']);
    const { manifests } = reply.json<{ manifests: { digest: string }[] }>();
    const expected = referring.filter((manifest) => manifest.subject === subject).map(descriptor);
    expect([...manifests].sort(byDigest)).toEqual(expected.sort(byDigest));
  }
}

function descriptor({ mediaType, digest, bytes, artifactType, annotations }: SyntheticManifest) {
  return {
    mediaType,
    digest,
    size: bytes.length,
    ...(artifactType === null ? {} : { artifactType }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}

async function deleted({ client }: Place, name: string, set: DataSet): Promise<void> {
  const main = set.roots.at(-1) as SyntheticManifest;
  expect((await client.delete(`/v2/${name}/manifests/by-tag`)).status).toBe(202);
  expect((await client.get(`/v2/${name}/manifests/by-tag`)).status).toBe(404);
  expect(await client.tags(name)).not.toContain('by-tag');
  expect((await client.get(`/v2/${name}/manifests/${main.digest}`)).status).toBe(200);
  // A parent goes before its children: what something still needs stays.
  for (const manifest of set.roots.flatMap(withChildren)) {
    const path = `/v2/${name}/manifests/${manifest.digest}`;
    expect((await client.delete(path)).status).toBe(202);
    expect((await client.get(path)).status).toBe(404);
    expect((await client.head(path)).status).toBe(404);
  }
  expect(await client.tags(name)).toEqual([]);
  for (const { subject } of set.roots) {
    if (subject === null) continue;
    expect((await client.get(`/v2/${name}/referrers/${subject}`)).json()['manifests']).toEqual([]);
  }
}

/** A manifest, then its children: the order in which they may be deleted. */
function withChildren(manifest: SyntheticManifest): SyntheticManifest[] {
  return [manifest, ...manifest.children.flatMap(withChildren)];
}

function byDigest(a: { digest: string }, b: { digest: string }): number {
  return a.digest < b.digest ? -1 : 1;
}
