// The registry seen without any client: plain requests of the distribution API, with the token flow of
// https://distribution.github.io/distribution/spec/auth/token/. The tests compare with it what a client reports.
import { digestOf, readLayoutBlob } from './synthetic-image.mjs';

const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
const SECONDS = 30;

export class RegistryHttp {
  #tokens = new Map();

  /** @param {string} url of the installation  @param {{ user: string, secret: string } | undefined} key none: anonymous */
  constructor(url, key) {
    this.url = url;
    this.key = key;
  }

  /** One request to `/v2/<path>`; authenticates when challenged and asks once more. Answers the fetch Response. */
  async request(path, init = {}) {
    const first = await this.#send(path, init, this.#tokens.get(path));
    if (first.status !== 401) return first;
    await first.arrayBuffer();
    const authorization = await this.authorize(first.headers.get('www-authenticate') ?? '');
    this.#tokens.set(path, authorization);
    return this.#send(path, init, authorization);
  }

  /** The manifest behind a tag or digest: { status, digest, mediaType, bytes, json }. `digest` is computed from the bytes. */
  async manifest(image, reference) {
    const response = await this.request(`${image}/manifests/${reference}`, { headers: { accept: MANIFEST_TYPES } });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (!response.ok) return { status: response.status };
    const mediaType = response.headers.get('content-type');
    return { status: 200, digest: digestOf(bytes), mediaType, bytes, json: JSON.parse(bytes.toString()) };
  }

  /** The bytes of a blob; throws if there are none, or if their digest is another. */
  async blob(image, digest) {
    const response = await this.request(`${image}/blobs/${digest}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    if (!response.ok) throw new Error(`blob ${digest} of ${image}: status ${response.status}`);
    if (digestOf(bytes) !== digest) throw new Error(`blob ${digest} of ${image} has the digest ${digestOf(bytes)}`);
    return bytes;
  }

  /** Tag names of an image, none if there is no such image. */
  async tags(image) {
    const response = await this.request(`${image}/tags/list`);
    const body = await response.json();
    return response.ok ? (body.tags ?? []) : [];
  }

  /** The referrers of a digest, as descriptors. */
  async referrers(image, digest) {
    const response = await this.request(`${image}/referrers/${digest}`);
    if (!response.ok) throw new Error(`referrers of ${digest}: status ${response.status}`);
    return (await response.json()).manifests;
  }

  /** Pushes a blob by POST and PUT. */
  async putBlob(image, bytes) {
    const started = await this.request(`${image}/blobs/uploads/`, { method: 'POST' });
    await expectStatus(started, 202);
    const location = new URL(started.headers.get('location'), this.url);
    location.searchParams.set('digest', digestOf(bytes));
    const path = `${location.pathname}${location.search}`.replace(/^\/v2\//, '');
    const headers = { 'content-type': 'application/octet-stream' };
    await expectStatus(await this.request(path, { method: 'PUT', body: bytes, headers }), 201);
  }

  /** Pushes a manifest under a tag or digest. */
  async putManifest(image, reference, mediaType, bytes) {
    const init = { method: 'PUT', body: bytes, headers: { 'content-type': mediaType } };
    await expectStatus(await this.request(`${image}/manifests/${reference}`, init), 201);
  }

  /** Pushes the one manifest of a layout with its blobs, under the layout's tag. */
  async pushLayout(image, layout) {
    const manifest = readLayoutBlob(layout, layout.digest);
    const { config, layers } = JSON.parse(manifest.toString());
    for (const { digest } of [config, ...layers]) await this.putBlob(image, readLayoutBlob(layout, digest));
    await this.putManifest(image, layout.tag, layout.mediaType, manifest);
  }

  /** The Authorization header that answers a challenge: a bearer token asked by GET, or Basic. */
  async authorize(challenge) {
    const basic = this.key && `Basic ${Buffer.from(`${this.key.user}:${this.key.secret}`).toString('base64')}`;
    if (!/^bearer /i.test(challenge)) return basic;
    const { realm, ...query } = challengeParameters(challenge);
    const headers = basic ? { authorization: basic } : {};
    const response = await fetch(`${realm}?${new URLSearchParams(query)}`, { headers, signal: deadline() });
    const body = await response.json();
    return response.ok ? `Bearer ${body.token ?? body.access_token}` : undefined;
  }

  #send(path, init, authorization) {
    const headers = { ...init.headers, ...(authorization ? { authorization } : {}) };
    return fetch(`${this.url}/v2/${path}`, { ...init, headers, signal: deadline() });
  }
}

/** The parameters of `WWW-Authenticate: Bearer realm="…",service="…",scope="…"`. */
export const challengeParameters = (challenge) =>
  Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map((match) => [match[1], match[2]]));

async function expectStatus(response, status) {
  const text = await response.text();
  if (response.status !== status) throw new Error(`status ${response.status} instead of ${status}: ${text}`);
}

const deadline = () => AbortSignal.timeout(SECONDS * 1000);
