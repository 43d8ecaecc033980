// A pull as a node of a cluster does it, by digest: containerd's requests (its resolver, fetcher and authorizer in
// https://github.com/containerd/containerd/tree/main/core/remotes/docker) made one by one. It asks for a token by an
// OAuth2 POST first and by GET when that is not offered, and goes on with a Range when a blob was cut short.
import assert from 'node:assert/strict';
import { RegistryHttp, challengeParameters } from '../world/registry-http.mjs';
import { digestOf, seededBytes } from '../world/synthetic-image.mjs';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const RESOLVE = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  MANIFEST,
  INDEX,
  '*/*',
].join(', ');
const SECONDS = 30;

export const kubelet = {
  name: 'kubelet',
  async start(world) {
    const image = `${world.closed}/kubelet`;
    const pushed = await pushIndex(world, image);
    return { ...pushed, image, stop: async () => {} };
  },
  behaviours: [
    ['gets a token by an OAuth2 POST with an access key', tokenByPost],
    ['is refused a token with a wrong secret', wrongSecret],
    ['resolves an index by digest with HEAD', resolves],
    ['pulls index, manifest, config and layer by digest, with the same bytes', pull],
    ['pulls by tag to the same digest', byTag],
    ['pulls with the ns parameter of a mirror', mirror],
    ['goes on with a Range where a blob was cut short', ranged],
    ['is told by 404 that a digest is unknown', unknownDigest],
    ['pulls public content without an access key', anonymousPull],
    ['is refused private content without an access key', anonymousRefused],
    ['is refused a push with a key that may only pull', refusedPush],
  ],
};

/** Pushes an index of one manifest by plain requests; answers all bytes by digest. */
async function pushIndex(world, image) {
  const bytes = new Map();
  const keep = (value, mediaType) => {
    const content = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value));
    bytes.set(digestOf(content), content);
    return { mediaType, digest: digestOf(content), size: content.length };
  };
  const layer = keep(seededBytes(`kubelet/${world.composition}`, 500_000), 'application/vnd.oci.image.layer.v1.tar');
  const rootfs = { type: 'layers', diff_ids: [layer.digest] };
  const config = keep({ architecture: 'amd64', os: 'linux', rootfs }, 'application/vnd.oci.image.config.v1+json');
  const manifest = keep({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] }, MANIFEST);
  const platform = { architecture: 'amd64', os: 'linux' };
  const index = keep({ schemaVersion: 2, mediaType: INDEX, manifests: [{ ...manifest, platform }] }, INDEX);
  for (const target of [image, `${world.open}/kubelet`]) {
    for (const { digest } of [layer, config]) await world.http.putBlob(target, bytes.get(digest));
    await world.http.putManifest(target, manifest.digest, MANIFEST, bytes.get(manifest.digest));
    await world.http.putManifest(target, 'v1', INDEX, bytes.get(index.digest));
  }
  return { bytes, index, manifest, config, layer };
}

/** containerd's authorizer: the challenge of the first answer, a token for the scope it needs, then the same request. */
class Node {
  #authorization;

  constructor(url, key) {
    this.url = url;
    this.key = key;
  }

  async request(path, init = {}) {
    const first = await this.#send(path, init);
    if (first.status !== 401) return first;
    await first.arrayBuffer();
    const challenge = challengeParameters(first.headers.get('www-authenticate'));
    const { token } = await this.token(challenge);
    this.#authorization = token && `Bearer ${token}`;
    return this.#send(path, init);
  }

  /** { status, token }: by POST with the key; anonymously, or where POST is not offered, by GET. */
  async token({ realm, service, scope }) {
    if (!this.key) return answered(await this.#get(realm, { service, scope }));
    const form = { client_id: 'containerd-client', grant_type: 'password', service, scope };
    const body = new URLSearchParams({ ...form, username: this.key.user, password: this.key.secret });
    const posted = await fetch(realm, { method: 'POST', body, signal: AbortSignal.timeout(SECONDS * 1000) });
    if (![404, 405].includes(posted.status)) return answered(posted);
    return answered(await this.#get(realm, { service, scope }));
  }

  async #get(realm, query) {
    const credentials = this.key && Buffer.from(`${this.key.user}:${this.key.secret}`).toString('base64');
    const headers = credentials ? { authorization: `Basic ${credentials}` } : {};
    return fetch(`${realm}?${new URLSearchParams(query)}`, { headers, signal: AbortSignal.timeout(SECONDS * 1000) });
  }

  #send(path, init) {
    const headers = { ...init.headers, ...(this.#authorization ? { authorization: this.#authorization } : {}) };
    return fetch(`${this.url}/v2/${path}`, { ...init, headers, signal: AbortSignal.timeout(SECONDS * 1000) });
  }
}

async function answered(response) {
  const body = await response.json();
  return { status: response.status, token: body.access_token ?? body.token, body };
}

/** The challenge for a pull of `image`. */
async function challengeOf(world, image, digest) {
  const response = await fetch(`${world.url}/v2/${image}/manifests/${digest}`, { headers: { accept: RESOLVE } });
  await response.arrayBuffer();
  assert.equal(response.status, 401);
  return challengeParameters(response.headers.get('www-authenticate'));
}

async function tokenByPost(world, { image, index }) {
  const challenge = await challengeOf(world, image, index.digest);
  assert.equal(challenge.scope, `repository:${image}:pull`);
  const { status, token, body } = await new Node(world.url, world.reader).token(challenge);
  assert.equal(status, 200);
  assert.ok(token);
  assert.ok(body.expires_in >= 60, `a token for ${body.expires_in} s`);
}

async function wrongSecret(world, { image, index }) {
  const { status, token } = await new Node(world.url, world.wrong).token(await challengeOf(world, image, index.digest));
  assert.equal(status, 401);
  assert.equal(token, undefined);
}

async function resolves(world, { image, index }) {
  const node = new Node(world.url, world.reader);
  const head = await node.request(`${image}/manifests/${index.digest}`, {
    method: 'HEAD',
    headers: { accept: RESOLVE },
  });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('docker-content-digest'), index.digest);
  assert.equal(head.headers.get('content-type'), INDEX);
  assert.equal(Number(head.headers.get('content-length')), index.size);
}

/** Fetches one descriptor and compares its bytes. */
async function fetchAndCompare(node, session, image, descriptor, query = '') {
  const kind = [INDEX, MANIFEST].includes(descriptor.mediaType) ? 'manifests' : 'blobs';
  const headers = { accept: `${descriptor.mediaType}, */*` };
  const response = await node.request(`${image}/${kind}/${descriptor.digest}${query}`, { headers });
  assert.equal(response.status, 200);
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.ok(bytes.equals(session.bytes.get(descriptor.digest)), `${descriptor.digest} has other bytes`);
}

async function pullAll(node, session, image, query) {
  for (const descriptor of [session.index, session.manifest, session.config, session.layer])
    await fetchAndCompare(node, session, image, descriptor, query);
}

function pull(world, session) {
  return pullAll(new Node(world.url, world.reader), session, session.image);
}

async function byTag(world, session) {
  const node = new Node(world.url, world.reader);
  const head = await node.request(`${session.image}/manifests/v1`, { method: 'HEAD', headers: { accept: RESOLVE } });
  assert.equal(head.headers.get('docker-content-digest'), session.index.digest);
  await pullAll(node, session, session.image);
}

function mirror(world, session) {
  return pullAll(new Node(world.url, world.reader), session, session.image, '?ns=registry.example.org');
}

async function ranged(world, { image, layer, bytes }) {
  const node = new Node(world.url, world.reader);
  const cut = 123_456;
  const headers = { range: `bytes=${cut}-` };
  const response = await node.request(`${image}/blobs/${layer.digest}`, { headers });
  assert.equal(response.status, 206);
  assert.equal(response.headers.get('content-range'), `bytes ${cut}-${layer.size - 1}/${layer.size}`);
  const rest = Buffer.from(await response.arrayBuffer());
  assert.ok(rest.equals(bytes.get(layer.digest).subarray(cut)), 'the rest of the blob has other bytes');
}

async function unknownDigest(world, { image }) {
  const node = new Node(world.url, world.reader);
  const path = `${image}/manifests/${digestOf('nothing')}`;
  const head = await node.request(path, { method: 'HEAD', headers: { accept: RESOLVE } });
  assert.equal(head.status, 404);
}

function anonymousPull(world, session) {
  return pullAll(new Node(world.url), session, `${world.open}/kubelet`);
}

async function anonymousRefused(world, { image, index }) {
  const response = await new Node(world.url).request(`${image}/manifests/${index.digest}`, {
    headers: { accept: RESOLVE },
  });
  assert.equal(response.status, 403);
}

async function refusedPush(world, { image, index, bytes }) {
  const http = new RegistryHttp(world.url, world.reader);
  const headers = { 'content-type': INDEX };
  const init = { method: 'PUT', body: bytes.get(index.digest), headers };
  const response = await http.request(`${image}/manifests/refused`, init);
  assert.equal(response.status, 403);
  assert.equal((await world.http.manifest(image, 'refused')).status, 404);
}
