// Pushing: manifests into an empty and into a full image, many small blobs at once, one large blob.
import { aBlob, aLargeBlob } from '../content/bytes.mjs';
import { pushBlobsOf } from '../content/fill.mjs';
import { aManifest, aConfig } from '../content/image.mjs';
import { imageName } from '../content/content.mjs';
import { pooled } from '../client/pooled.mjs';
import { median, quantile } from '../stats.mjs';

export const pushCases = (size) => [
  {
    id: 'manifest-put-first',
    needs: [],
    title: 'manifest PUT into an image with no tags',
    unit: 'ms',
    better: 'less',
    run: async ({ client, round }) => {
      const name = imageName(`fresh-${round}`);
      const config = aConfig(name);
      await pushBlobsOf(client, name, config);
      return putManifests(client, name, config, size.puts, round);
    },
  },
  {
    id: 'manifest-put-many-tags',
    needs: ['tagged'],
    title: `manifest PUT into an image with ${size.tags} tags`,
    unit: 'ms',
    better: 'less',
    run: ({ client, content, round }) =>
      putManifests(client, content.tagged.name, content.tagged.config, size.puts, round),
  },
  {
    id: 'blob-push-small',
    needs: [],
    title: `blob push, ${megabytes(size.blobBytes)} × ${size.blobs}, ${size.pushers} connections`,
    unit: 'MB/s',
    better: 'more',
    run: async ({ client }) => {
      const blobs = Array.from({ length: size.blobs }, () => aBlob(size.blobBytes));
      const name = imageName('pushed');
      await client.tokens.for(name);
      const took = await timed(() => pooled(blobs, size.pushers, (blob) => client.pushBlob(name, blob)));
      return { value: (size.blobs * size.blobBytes) / 1e6 / took, seconds: took };
    },
  },
  {
    id: 'blob-push-large',
    needs: [],
    title: `blob push, ${megabytes(size.largeBlobBytes)} × 1`,
    unit: 'MB/s',
    better: 'more',
    run: async ({ client }) => {
      const blob = aLargeBlob(size.largeBlobBytes);
      const name = imageName('pushed');
      await client.tokens.for(name);
      const took = await timed(() => client.pushBlobInOnePatch(name, blob));
      return { value: blob.size / 1e6 / took, seconds: took };
    },
  },
];

/** One after the other; the median of their milliseconds. */
async function putManifests(client, name, config, count, round) {
  const took = [];
  for (let number = 0; number < count; number += 1) {
    const tag = `put-${round}-${number}`;
    const manifest = aManifest(config, { label: tag });
    took.push(1_000 * (await timed(() => client.putManifest(name, tag, manifest))));
  }
  return { value: median(took), p90Ms: quantile(took, 0.9) };
}

async function timed(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

const megabytes = (bytes) => (bytes % 1_048_576 ? `${bytes / 1e6} MB` : `${bytes / 1_048_576} MiB`);
