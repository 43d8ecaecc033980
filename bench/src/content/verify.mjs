// Speed of wrong answers is worth nothing: samples of every kind of answer are compared, byte for byte, before anything is timed.
import { createHash } from 'node:crypto';
import { get } from 'node:http';

const SAMPLES = 10;

/** Throws at the first answer that differs from what was pushed; `needs` as in fill.mjs. */
export async function verify(client, content, needs) {
  const { images, tagged, pulled, blobs } = content;
  const manifests = [
    ...(needs.has('images') ? sampled(images) : []),
    ...(needs.has('tagged') ? sampled(tagged.manifests).map((each) => ({ name: tagged.name, ...each })) : []),
    ...(needs.has('pulled') ? pulled.map(([first]) => first) : []),
  ];
  for (const { name, tag, manifest } of manifests) await verifyManifest(client, name, tag, manifest);
  if (needs.has('pulled')) for (const [{ name, layer }] of pulled) await verifyBlob(client, name, layer.digest);
  const digests = [
    ...(needs.has('blobs') ? sampled(blobs.blobs).map(({ digest }) => digest) : []),
    ...(needs.has('large') ? [blobs.large.digest] : []),
  ];
  for (const digest of digests) await verifyBlob(client, blobs.name, digest);
}

async function verifyManifest(client, name, tag, manifest) {
  for (const reference of [tag, manifest.digest]) {
    const path = `/v2/${name}/manifests/${reference}`;
    const headers = { accept: manifest.mediaType };
    const got = await client.request('GET', name, path, { headers });
    if (got.status !== 200 || !got.body.equals(manifest.bytes))
      throw new Error(`GET ${path} answered ${got.status}, not the manifest`);
    const head = await client.request('HEAD', name, path, { headers });
    const told = [head.headers['content-length'], head.headers['docker-content-digest']].join(' ');
    const expected = `${manifest.bytes.length} ${manifest.digest}`;
    if (head.status !== 200 || told !== expected)
      throw new Error(`HEAD ${path} told "${told}" instead of "${expected}"`);
  }
}

// Not through the client, which reads answers whole.
async function verifyBlob(client, name, digest) {
  const url = `${client.base}/v2/${name}/blobs/${digest}`;
  const authorization = await client.tokens.for(name);
  const found = await digestOf(url, authorization ? { authorization } : {});
  if (found !== digest) throw new Error(`GET ${url} answered bytes with the digest ${found}`);
}

function digestOf(url, headers) {
  return new Promise((resolve, reject) => {
    const sha256 = createHash('sha256');
    const request = get(url, { headers, agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`GET ${url} answered ${response.statusCode}`));
      response.on('data', (chunk) => sha256.update(chunk));
      response.once('end', () => resolve(`sha256:${sha256.digest('hex')}`));
      response.once('error', reject);
    });
    request.once('error', reject);
  });
}

function sampled(items) {
  const step = Math.max(1, Math.floor(items.length / SAMPLES));
  return items.filter((_, index) => index % step === 0);
}
