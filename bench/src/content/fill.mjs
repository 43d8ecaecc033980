// Pushes the content to one candidate, and notes how long the manifests of the image with many tags took.
import { sharedLayer } from './image.mjs';
import { pooled } from '../client/pooled.mjs';

const AT_ONCE = 16;

/** Resolves to { tagPutMs: the milliseconds that each manifest of the image with many tags took, in order }. */
export async function fill(client, content, size) {
  const { images, tagged, referred, blobs } = content;
  await pooled(images, AT_ONCE, (image) => pushImage(client, image));
  await pushImage(client, referred);
  await pooled(referred.referrers, AT_ONCE, (manifest) => client.putManifest(referred.name, manifest.digest, manifest));
  await pooled(blobs.blobs, size.pushers, (blob) => client.pushBlob(blobs.name, blob));
  const { digest, size: bytes, chunks } = blobs.large;
  await client.pushBlobInOnePatch(blobs.name, { digest, size: bytes, chunks: chunks() });
  return { tagPutMs: await fillTags(client, tagged) };
}

async function pushImage(client, { name, config, tag, manifest }) {
  await pushBlobsOf(client, name, config);
  await client.putManifest(name, tag, manifest);
}

/** The config and the shared layer, which every manifest here needs. */
export async function pushBlobsOf(client, name, config) {
  await client.pushBlob(name, sharedLayer);
  await client.pushBlob(name, config);
}

// One after the other: what the 3,000th costs is one of the questions.
async function fillTags(client, { name, config, manifests }) {
  await pushBlobsOf(client, name, config);
  const took = [];
  for (const { tag, manifest } of manifests) {
    const start = performance.now();
    await client.putManifest(name, tag, manifest);
    took.push(performance.now() - start);
  }
  return took;
}
