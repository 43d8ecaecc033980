// The few steps of the distribution spec that the benchmark needs. Every one throws when the answer is not the one the spec asks for.
import { poolOf, send } from './http.mjs';
import { Tokens } from './tokens.mjs';

export class RegistryClient {
  #agent;

  /** `connections`: how many at once. */
  constructor({ base, credentials, connections }) {
    this.base = base;
    this.#agent = poolOf(connections);
    this.tokens = new Tokens({ agent: this.#agent, base, credentials });
  }

  close() {
    this.#agent.destroy();
  }

  /** Sends one request about an image, with a token for it, and answers { status, headers, body }. */
  async request(method, image, path, { headers = {}, body } = {}) {
    const authorization = await this.tokens.for(image);
    const url = new URL(path, this.base);
    return send({
      agent: this.#agent,
      method,
      url,
      headers: authorization ? { ...headers, authorization } : headers,
      body,
    });
  }

  async #expect(status, method, image, path, options) {
    const response = await this.request(method, image, path, options);
    if (response.status === status) return response;
    throw new Error(
      `${method} ${path} answered ${response.status} instead of ${status}: ${response.body.subarray(0, 500)}`,
    );
  }

  /** Pushes a small blob as most clients do: POST, then PUT with the bytes. */
  async pushBlob(image, { digest, bytes }) {
    const location = await this.#openUpload(image);
    await this.#closeUpload(image, location, digest, bytes);
  }

  /** Pushes a blob as docker does: POST, PATCH with all bytes, PUT. `chunks()` answers an iterable of Buffers. */
  async pushBlobInOnePatch(image, { digest, size, chunks }) {
    const location = await this.#openUpload(image);
    const headers = { 'content-type': 'application/octet-stream', 'content-length': size };
    const patched = await this.#expect(202, 'PATCH', image, location, { headers, body: chunks() });
    await this.#closeUpload(image, patched.headers.location, digest);
  }

  async #openUpload(image) {
    const { headers } = await this.#expect(202, 'POST', image, `/v2/${image}/blobs/uploads/`);
    return headers.location;
  }

  async #closeUpload(image, location, digest, body) {
    const url = new URL(location, this.base);
    url.searchParams.set('digest', digest);
    const headers = { 'content-type': 'application/octet-stream' };
    await this.#expect(201, 'PUT', image, url.href, { headers, body });
  }

  /** Pushes an image as docker does: asks for each blob, pushes those that are missing, and the manifest last. */
  async pushImage({ name, tag, config, layer, manifest }) {
    for (const blob of [layer, config]) {
      const { status } = await this.request('HEAD', name, `/v2/${name}/blobs/${blob.digest}`);
      if (status === 404) await this.pushBlob(name, blob);
      else if (status !== 200) throw new Error(`HEAD of a blob of ${name} answered ${status}`);
    }
    await this.putManifest(name, tag, manifest);
  }

  async putManifest(image, reference, { bytes, mediaType }) {
    const headers = { 'content-type': mediaType };
    await this.#expect(201, 'PUT', image, `/v2/${image}/manifests/${reference}`, { headers, body: bytes });
  }
}
