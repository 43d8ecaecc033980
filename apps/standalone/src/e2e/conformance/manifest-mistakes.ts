import { expect, it } from '@jest/globals';
import {
  aBlob,
  anIndex,
  aManifest,
  contentOf,
  type DescriptorJson,
  descriptorOf,
  MEDIA_TYPES,
  type RawReply,
  type SyntheticManifest,
} from '@entrepot/testing';
import type { Place } from '../support/place.js';

/** Manifests that must be refused, each leaving nothing behind. */
export function manifestMistakes(place: () => Place): void {
  const name = () => place().image('manifest-mistakes');
  const pushed = async (what: string): Promise<SyntheticManifest> => {
    const manifest = aManifest({ seed: `${place().seed} ${what}` });
    await place().client.pushImage(name(), manifest, []);
    return manifest;
  };
  const put = (body: Buffer | string, reference: string, type: string = MEDIA_TYPES.imageManifest): Promise<RawReply> =>
    place().client.put(`/v2/${name()}/manifests/${reference}`, body, { 'content-type': type });
  const absent = async (...references: string[]): Promise<void> => {
    for (const reference of references) {
      expect((await place().client.get(`/v2/${name()}/manifests/${reference}`)).status).toBe(404);
    }
  };

  it('refuses bytes that do not match the digest in the URL', async () => {
    const manifest = await pushed('mismatch');
    const { digest } = contentOf('something else', { mediaType: manifest.mediaType });
    const reply = await put(manifest.bytes, digest);
    expect([reply.status, reply.code]).toEqual([400, 'DIGEST_INVALID']);
    await absent(digest, manifest.digest);
  });

  it('refuses a malformed digest in the URL, and has nothing under it', async () => {
    const manifest = await pushed('malformed');
    const reply = await put(manifest.bytes, 'sha256:baddigeststring');
    expect([reply.status, reply.code]).toEqual([400, 'DIGEST_INVALID']);
    const pull = await place().client.get(`/v2/${name()}/manifests/sha256:baddigeststring`);
    expect([400, 404]).toContain(pull.status);
    await absent(manifest.digest);
  });

  it.each(['.dot', '-dash', 'ü', 'a'.repeat(129), 'with+plus'])('refuses the tag %s', async (tag) => {
    const manifest = await pushed('tag');
    const reply = await put(manifest.bytes, encodeURI(tag));
    expect(reply.status).toBe(400);
    await absent(manifest.digest);
  });

  it('refuses a manifest whose blobs nobody pushed, and names them', async () => {
    const manifest = aManifest({ seed: `${place().seed} no blobs` });
    const reply = await put(manifest.bytes, 'no-blobs');
    expect([reply.status, reply.code]).toEqual([404, 'MANIFEST_BLOB_UNKNOWN']);
    for (const { digest } of manifest.blobs) expect(reply.text).toContain(digest);
    await absent('no-blobs', manifest.digest);
  });

  it('refuses a sparse index: every child must be there', async () => {
    const child = await pushed('sparse child');
    await place().client.pushManifest(name(), child);
    const missing = aManifest({ seed: `${place().seed} never pushed` });
    const index = anIndex({ manifests: [child], absent: [missing] });
    const reply = await put(index.bytes, 'sparse', index.mediaType);
    expect([reply.status, reply.code]).toEqual([404, 'MANIFEST_BLOB_UNKNOWN']);
    expect(reply.text).toContain(missing.digest);
    expect(reply.text).not.toContain(child.digest);
    await absent('sparse', index.digest);
  });

  const size = (change: (real: number) => number) => (descriptor: DescriptorJson) => ({
    ...descriptor,
    size: change(descriptor.size),
  });
  it.each([
    ['too small', size((real) => real - 1)],
    ['too large', size((real) => real + 1)],
    ['negative', size(() => -1)],
    ['huge', size(() => 2 ** 60)],
    ['broken', size((real) => real + 0.5)],
  ])('refuses sizes that are %s', async (what, describe) => {
    const layer = aBlob(100, `${place().seed} sized`, { mediaType: MEDIA_TYPES.layerGzip });
    const manifest = aManifest({ layers: [layer], seed: `${place().seed} ${what}`, describe });
    await place().client.pushImage(name(), manifest, []);
    const reply = await put(manifest.bytes, 'sizes');
    expect(reply.status).toBe(400);
    expect(['SIZE_INVALID', 'MANIFEST_INVALID']).toContain(reply.code);
    await absent('sizes', manifest.digest);
  });

  const MISTAKES: { what: string; make: (manifest: SyntheticManifest) => string; type?: string }[] = [
    { what: 'no JSON', make: () => 'not json' },
    { what: 'an empty body', make: () => '' },
    { what: 'an array', make: () => '[]' },
    { what: 'cut short', make: ({ bytes }) => bytes.toString().slice(0, -1) },
    { what: 'followed by more', make: ({ bytes }) => `${bytes.toString()}{}` },
    { what: 'no schemaVersion', make: (manifest) => changed(manifest, { schemaVersion: undefined }) },
    { what: 'schema version 1', make: (manifest) => changed(manifest, { schemaVersion: 1 }) },
    { what: 'without config', make: (manifest) => changed(manifest, { config: undefined }) },
    { what: 'manifest and index in one', make: (manifest) => changed(manifest, { manifests: [] }) },
    { what: 'an index in another type', make: (manifest) => changed(manifest, {}), type: MEDIA_TYPES.imageIndex },
    {
      what: 'of an unknown type',
      make: (manifest) => changed(manifest, { mediaType: undefined }),
      type: 'application/json',
    },
    { what: 'with a key twice', make: ({ bytes }) => bytes.toString().replace('{', '{"schemaVersion":2,') },
    {
      what: 'with a digest that is none',
      make: (manifest) => changed(manifest, { layers: [{ ...layerOf(manifest), digest: 'sha256:x' }] }),
    },
    {
      what: 'nested too deep',
      make: (manifest) => changed(manifest, { deep: 0 }).replace('"deep":0', `"deep":${deep(5000)}`),
    },
    { what: 'with annotations that are no text', make: (manifest) => changed(manifest, { annotations: { a: 1 } }) },
    { what: 'with bytes that are no UTF-8', make: ({ bytes }) => bytes.toString() },
  ];
  it.each(MISTAKES)('refuses a manifest that is $what', async ({ what, make, type }) => {
    const manifest = await pushed(what);
    const text = make(manifest);
    const bytes = what.includes('UTF-8')
      ? Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(',"x":"\xff"}', 'latin1')])
      : Buffer.from(text);
    const reply = await put(bytes, 'mistake', type);
    expect([reply.status, reply.code]).toEqual([400, 'MANIFEST_INVALID']);
    expect(reply.message).not.toBe('');
    await absent('mistake', contentOf(bytes).digest);
  });

  it.each(['GET', 'HEAD', 'DELETE'])('answers 404 to %s of a manifest that it does not have', async (method) => {
    await place().client.pushManifest(name(), await pushed('there'));
    const { digest } = contentOf(`never ${place().seed}`);
    for (const reference of [digest, 'never']) {
      const reply = await place().client.request({ method, path: `/v2/${name()}/manifests/${reference}` });
      expect(reply.status).toBe(404);
      if (method !== 'HEAD') expect(reply.code).toBe('MANIFEST_UNKNOWN');
    }
  });

  it('refuses a bad tag among tag parameters, and sets none of them', async () => {
    const manifest = await pushed('tag parameters');
    const reply = await place().client.pushManifest(name(), manifest, { tags: ['good', '.bad'] });
    expect(reply.status).toBe(400);
    await absent('good', manifest.digest);
  });
}

function changed({ bytes }: SyntheticManifest, change: Record<string, unknown>): string {
  return JSON.stringify({ ...(JSON.parse(bytes.toString()) as object), ...change });
}

function layerOf({ blobs }: SyntheticManifest): DescriptorJson {
  const [, layer] = blobs;
  if (!layer) throw new Error('the manifest has no layer');
  return descriptorOf(layer);
}

function deep(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}
