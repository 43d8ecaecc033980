// Pushes the content to one candidate, and notes how long the manifests of the image with many tags took.
import { sharedLayer } from './image.mjs';
import { pooled } from '../client/pooled.mjs';

const AT_ONCE = 16;

/**
 * Pushes the parts that are needed (a Set of `images`, `tagged`, `referred`, `pulled`, `blobs`, `large`). Resolves to { tagPutMs: the milliseconds that each
 * manifest of the image with many tags took, in order }.
 */
export async function fill(client, content, { needs, size }) {
  const { images, tagged, referred, blobs } = content;
  if (needs.has('images')) await pooled(images, AT_ONCE, (image) => pushImage(client, image));
  if (needs.has('referred')) await fillReferrers(client, referred);
  if (needs.has('pulled')) await pushBuilt(client, content.pulled);
  if (needs.has('blobs')) await pooled(blobs.blobs, size.pushers, (blob) => client.pushBlob(blobs.name, blob));
  if (needs.has('large')) await client.pushBlobInOnePatch(blobs.name, blobs.large);
  return { tagPutMs: needs.has('tagged') ? await fillTags(client, tagged) : [] };
}

async function fillReferrers(client, referred) {
  await pushImage(client, referred);
  await pooled(referred.referrers, AT_ONCE, (manifest) => client.putManifest(referred.name, manifest.digest, manifest));
}

/** Each client pushes its images one after the other, all clients at once. */
export const pushBuilt = (client, byClient) =>
  pooled(byClient, byClient.length, async (images) => {
    for (const image of images) await client.pushImage(image);
  });

export async function pushImage(client, { name, config, tag, manifest }) {
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
