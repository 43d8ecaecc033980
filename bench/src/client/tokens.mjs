// Bearer tokens as docker obtains them: one per image, asked for with Basic, used again until they are old.
import { send } from './http.mjs';

/** Tokens live 5 minutes; a load may last one. */
const REFRESH_MS = 180_000;

/** The Authorization header's value of an access key. */
export const basic = ({ accessKey, secretKey }) =>
  `Basic ${Buffer.from(`${accessKey}:${secretKey}`).toString('base64')}`;

export class Tokens {
  #agent;
  #credentials;
  #base;
  #challenge = null;
  #tokens = new Map();

  /** `credentials` is { accessKey, secretKey }, or null for a registry that asks nobody who they are. */
  constructor({ agent, base, credentials }) {
    this.#agent = agent;
    this.#base = base;
    this.#credentials = credentials;
  }

  /** The Authorization header's value to pull from and push to the image, or undefined where none is needed. */
  async for(image) {
    if (!this.#credentials) return undefined;
    const known = this.#tokens.get(image);
    if (known && Date.now() - known.since < REFRESH_MS) return known.header;
    const header = `Bearer ${await this.#obtain(image)}`;
    this.#tokens.set(image, { header, since: Date.now() });
    return header;
  }

  /** Path and header of a request for a token; null where there is no such thing. */
  async request(image) {
    if (!this.#credentials) return null;
    const { realm, service } = await this.#findRealm();
    const query = new URLSearchParams({ service, scope: `repository:${image}:pull,push` });
    return { path: `${realm.pathname}?${query}`, authorization: basic(this.#credentials) };
  }

  async #obtain(image) {
    const { path, authorization } = await this.request(image);
    const { status, body } = await send({
      agent: this.#agent,
      method: 'GET',
      url: this.#base + path,
      headers: { authorization },
    });
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${body}`);
    const { token, access_token: accessToken } = JSON.parse(body);
    return token ?? accessToken;
  }

  async #findRealm() {
    if (this.#challenge) return this.#challenge;
    const { headers } = await send({ agent: this.#agent, method: 'GET', url: `${this.#base}/v2/` });
    const challenge = [headers['www-authenticate']].flat().find((each) => each?.startsWith('Bearer '));
    if (!challenge) throw new Error(`${this.#base}/v2/ names no token endpoint: ${headers['www-authenticate']}`);
    const parameter = (name) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
    this.#challenge = { realm: new URL(parameter('realm'), this.#base), service: parameter('service') };
    return this.#challenge;
  }
}
