import { expect, it } from '@jest/globals';
import { anArtifact, anIndex, aManifest } from '@entrepot/testing';
import type { Place } from '../support/place.js';

/** What a live manifest needs stays: 405 that names the parents. */
export function neededContent(place: () => Place): void {
  it('refuses to delete a blob that a manifest needs, and names the manifest', async () => {
    const { client, image, seed } = place();
    const name = image('needed-blob');
    const manifest = aManifest({ seed: `${seed} needed blob` });
    await client.pushImage(name, manifest, ['kept']);
    for (const { digest } of manifest.blobs) {
      const reply = await client.delete(`/v2/${name}/blobs/${digest}`);
      expect([reply.status, reply.code]).toEqual([405, 'UNSUPPORTED']);
      expect(reply.message).toContain(manifest.digest);
    }
    await client.pullImage(name, manifest, 'kept');
  });

  it('refuses to delete a child of an index, and lets it go after the index', async () => {
    const { client, image, seed } = place();
    const name = image('needed-child');
    const child = aManifest({ seed: `${seed} needed child` });
    const index = anIndex({ manifests: [child] });
    await client.pushImage(name, index, ['kept']);
    const reply = await client.delete(`/v2/${name}/manifests/${child.digest}`);
    expect([reply.status, reply.code]).toEqual([405, 'UNSUPPORTED']);
    expect(reply.message).toContain(index.digest);
    await client.pullImage(name, index, 'kept');
    expect((await client.delete(`/v2/${name}/manifests/${index.digest}`)).status).toBe(202);
    expect((await client.delete(`/v2/${name}/manifests/${child.digest}`)).status).toBe(202);
  });

  it('deletes a subject and keeps what refers to it', async () => {
    const { client, image, seed } = place();
    const name = image('subject-gone');
    const subject = aManifest({ seed: `${seed} subject gone` });
    const signature = anArtifact({ artifactType: 'application/vnd.example.signature.v1', subject, seed });
    await client.pushImage(name, subject);
    await client.pushImage(name, signature);
    expect((await client.delete(`/v2/${name}/manifests/${subject.digest}`)).status).toBe(202);
    await client.pullImage(name, signature);
    const { manifests } = (await client.get(`/v2/${name}/referrers/${subject.digest}`)).json<{
      manifests: unknown[];
    }>();
    expect(manifests).toHaveLength(1);
  });

  it('ends every tag of a deleted manifest, and takes both again', async () => {
    const { client, image, seed } = place();
    const name = image('again');
    const manifest = aManifest({ seed: `${seed} again` });
    await client.pushImage(name, manifest, ['a', 'b', 'c']);
    expect((await client.delete(`/v2/${name}/manifests/${manifest.digest}`)).status).toBe(202);
    expect(await client.tags(name)).toEqual([]);
    await client.pushImage(name, manifest, ['b']);
    expect(await client.tags(name)).toEqual(['b']);
    await client.pullImage(name, manifest, 'b');
  });

  it('moves a tag', async () => {
    const { client, image, seed } = place();
    const name = image('moved');
    const [first, second] = [aManifest({ seed: `${seed} first` }), aManifest({ seed: `${seed} second` })];
    await client.pushImage(name, first, ['latest']);
    await client.pushImage(name, second, ['latest']);
    await client.pullImage(name, second, 'latest');
    await client.pullImage(name, first);
    expect(await client.tags(name)).toEqual(['latest']);
  });
}
