import type { OutgoingHttpHeaders } from 'node:http';
import type { Content } from '../images/content.js';
import type { SyntheticManifest } from '../images/manifest.js';
import { type BlobPush, pushBlob } from './blob-pushes.js';
import { RawConnection, type RawReply, type RawRequest } from './raw-request.js';
import { basic, challengeOf, type Credentials, type TokenAnswer, TokenEndpoint } from './token-login.js';

/** How requests prove who asks. `token`: by the challenge, as real clients do. */
export type Login = 'basic' | 'token' | { readonly bearer: string };

export interface ClientOptions {
  /** Null: anonymous, without any header. */
  credentials: Credentials | null;
  login?: Login;
  /** The `Host` to send, for registries with a host of their own. Default: the address that is connected to. */
  host?: string;
}

type Body = RawRequest['body'];

/** A plain client of the OCI distribution API. It follows no redirect and retries nothing: a test sees what the server said. */
export class RegistryClient {
  readonly #connection: RawConnection;
  readonly #tokens = new Map<string, { token: string; scopes: ReadonlySet<string> }>();

  constructor(
    readonly origin: string,
    readonly options: ClientOptions,
    connection?: RawConnection,
  ) {
    this.#connection = connection ?? new RawConnection(origin);
  }

  /** The same server for somebody else, or by another way in. */
  as(options: Partial<ClientOptions>): RegistryClient {
    return new RegistryClient(this.origin, { ...this.options, ...options }, this.#connection);
  }

  /** The same client by another way to the server, as through a load balancer; with connections of its own. */
  at(origin: string): RegistryClient {
    return new RegistryClient(origin, this.options);
  }

  get connection(): RawConnection {
    return this.#connection;
  }

  /**
   * Sends a request as this client; `headers` win. With `token`, a challenge is answered as real clients do: a token for all that was asked for
   * this name so far is fetched and kept, and the request sent again.
   */
  async request(request: RawRequest): Promise<RawReply> {
    const first = await this.#send(request, this.#authorization(request));
    if (this.options.login !== 'token' || first.status !== 401) return first;
    const token = await this.#tokenFor(request, first);
    return token === null ? first : this.#send(request, `Bearer ${token}`);
  }

  get(path: string, headers: OutgoingHttpHeaders = {}): Promise<RawReply> {
    return this.request({ method: 'GET', path, headers });
  }

  head(path: string, headers: OutgoingHttpHeaders = {}): Promise<RawReply> {
    return this.request({ method: 'HEAD', path, headers });
  }

  delete(path: string, headers: OutgoingHttpHeaders = {}): Promise<RawReply> {
    return this.request({ method: 'DELETE', path, headers });
  }

  post(path: string, body?: Body, headers: OutgoingHttpHeaders = {}): Promise<RawReply> {
    return this.request({ method: 'POST', path, headers, ...(body === undefined ? {} : { body }) });
  }

  put(path: string, body?: Body, headers: OutgoingHttpHeaders = {}): Promise<RawReply> {
    return this.request({ method: 'PUT', path, headers, ...(body === undefined ? {} : { body }) });
  }

  patch(path: string, body?: Body, headers: OutgoingHttpHeaders = {}): Promise<RawReply> {
    return this.request({ method: 'PATCH', path, headers, ...(body === undefined ? {} : { body }) });
  }

  /** A control-plane request with a JSON body. */
  json(method: string, path: string, body?: unknown): Promise<RawReply> {
    const headers = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    return this.request({ method, path, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  }

  pushBlob(name: string, blob: Content, how?: BlobPush): Promise<RawReply> {
    return pushBlob(this, name, blob, how);
  }

  /** end-7: by digest unless a reference is given. `tags` travel as `?tag=`. */
  pushManifest(
    name: string,
    manifest: Content,
    { reference = manifest.digest, tags = [] as readonly string[] } = {},
  ): Promise<RawReply> {
    const query = tags.map((tag) => `tag=${encodeURIComponent(tag)}`).join('&');
    const path = `/v2/${name}/manifests/${reference}${query && `?${query}`}`;
    return this.put(path, manifest.bytes, { 'content-type': manifest.mediaType });
  }

  /** Everything that the manifest needs, then the manifest, under each reference. Throws at the first refusal. */
  async pushImage(
    name: string,
    image: SyntheticManifest,
    references: readonly string[] = [image.digest],
    { neverPushed = new Set<string>() as ReadonlySet<string>, how = 'post-put' as BlobPush } = {},
  ): Promise<void> {
    for (const child of image.children) await this.pushImage(name, child, [child.digest], { neverPushed, how });
    for (const blob of image.blobs) {
      if (!neverPushed.has(blob.digest)) created(await this.pushBlob(name, blob, how), `blob ${blob.digest}`);
    }
    for (const reference of references) {
      created(await this.pushManifest(name, image, { reference }), `manifest ${reference}`);
    }
  }

  /** Pulls an image with all that belongs to it and compares every byte. Throws when anything is missing or differs. */
  async pullImage(name: string, image: SyntheticManifest, reference = image.digest): Promise<void> {
    for (const child of image.children) await this.pullImage(name, child);
    same(await this.get(`/v2/${name}/manifests/${reference}`), image, reference);
    for (const blob of image.blobs) same(await this.get(`/v2/${name}/blobs/${blob.digest}`), blob, blob.digest);
  }

  async tags(name: string, query = ''): Promise<string[]> {
    const reply = await this.get(`/v2/${name}/tags/list${query}`);
    if (reply.status !== 200) throw new Error(`tags of ${name}: ${reply.status} ${reply.text}`);
    return reply.json<{ tags: string[] }>().tags;
  }

  /** The token endpoint that the registry's own challenge names. */
  async tokenEndpoint(): Promise<TokenEndpoint> {
    const reply = await this.as({ credentials: null, login: 'basic' }).get('/v2/');
    const challenge = challengeOf(reply);
    if (challenge === null) throw new Error(`no challenge from /v2/: ${reply.status} ${reply.text}`);
    return new TokenEndpoint(this.#connection, challenge);
  }

  /** A token of this client's for the scopes. Throws when it is refused. */
  async token(...scopes: string[]): Promise<string> {
    const endpoint = await this.tokenEndpoint();
    const reply = await endpoint.get(scopes, this.options.credentials);
    if (reply.status !== 200) throw new Error(`no token: ${reply.status} ${reply.text}`);
    return reply.json<TokenAnswer>().access_token;
  }

  close(): void {
    this.#connection.close();
  }

  #send(request: RawRequest, authorization: string | null): Promise<RawReply> {
    const { host } = this.options;
    const headers = {
      ...(host === undefined ? {} : { host }),
      ...(authorization === null ? {} : { authorization }),
      ...request.headers,
    };
    return this.#connection.send({ ...request, headers });
  }

  #authorization({ path }: RawRequest): string | null {
    const { credentials, login = 'basic' } = this.options;
    if (typeof login === 'object') return `Bearer ${login.bearer}`;
    if (login === 'basic') return credentials && basic(credentials);
    const known = this.#tokens.get(nameIn(path));
    return known === undefined ? null : `Bearer ${known.token}`;
  }

  async #tokenFor({ path }: RawRequest, refused: RawReply): Promise<string | null> {
    const challenge = challengeOf(refused);
    if (challenge === null) return null;
    const scopes = new Set(this.#tokens.get(nameIn(path))?.scopes);
    if (challenge.scope !== null) scopes.add(challenge.scope);
    const reply = await new TokenEndpoint(this.#connection, challenge).get([...scopes], this.options.credentials);
    if (reply.status !== 200) return null;
    const token = reply.json<TokenAnswer>().access_token;
    this.#tokens.set(nameIn(path), { token, scopes });
    return token;
  }
}

/** What a path is about, as far as tokens go: the image's name. */
function nameIn(path: string): string {
  return /^\/v2\/(.+?)\/(?:blobs|manifests|tags|referrers)\//.exec(path)?.[1] ?? '';
}

function created(reply: RawReply, what: string): void {
  if (reply.status !== 201) throw new Error(`${what} was refused: ${reply.status} ${reply.text}`);
}

function same(reply: RawReply, { bytes }: Content, what: string): void {
  if (reply.status !== 200) throw new Error(`${what} cannot be pulled: ${reply.status} ${reply.text}`);
  if (!reply.body.equals(bytes)) throw new Error(`${what} has ${reply.body.length} bytes that are not those pushed`);
}
