import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { aBlob } from './blob.js';
import { aLargeManifest, dataSets } from './data-sets.js';
import { anIndex } from './image-index.js';
import { aManifest, type SyntheticManifest } from './manifest.js';

describe('synthetic content', () => {
  it('is the same for the same seed and different for another', () => {
    expect(aBlob(1000, 1).bytes.equals(aBlob(1000, 1).bytes)).toBe(true);
    expect(aBlob(1000, 1).digest).not.toBe(aBlob(1000, 2).digest);
    expect(aManifest({ seed: 'a' }).digest).toBe(aManifest({ seed: 'a' }).digest);
  });

  it.each(['sha256', 'sha512'] as const)('bears the %s digest of its exact bytes', (algorithm) => {
    const { bytes, digest } = aManifest({ layers: 2, algorithm });
    expect(digest).toBe(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`);
  });

  it('names every blob and child with its true size', () => {
    const image = aManifest({ layers: 3 });
    const { layers } = JSON.parse(image.bytes.toString()) as { layers: { digest: string; size: number }[] };
    const sizes = new Map(image.blobs.map(({ digest, bytes }) => [digest, bytes.length]));
    expect(layers.map(({ digest, size }) => sizes.get(digest) === size)).toEqual([true, true, true]);
    const { manifests } = JSON.parse(anIndex({ manifests: [image] }).bytes.toString()) as {
      manifests: { size: number }[];
    };
    expect(manifests[0]?.size).toBe(image.bytes.length);
  });

  it('has a manifest that is nearly as large as manifests may be', () => {
    const { length } = aLargeManifest().bytes;
    expect(length).toBeGreaterThan(3_900_000);
    expect(length).toBeLessThan(4 * 1024 * 1024);
  });

  it('has data sets that share no manifest, so that one test cannot pass by the work of another', () => {
    const all = (manifest: SyntheticManifest): string[] => [manifest.digest, ...manifest.children.flatMap(all)];
    const digests = dataSets('spec').map(({ roots }) => new Set(roots.flatMap(all)));
    const total = digests.reduce((sum, set) => sum + set.size, 0);
    expect(new Set(digests.flatMap((set) => [...set])).size).toBe(total);
  });
});
