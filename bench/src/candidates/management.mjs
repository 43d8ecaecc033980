// The little of the management API that a run needs: what registry `demo` is, and quotas raised that would stand in the way.
import { basic } from '../client/tokens.mjs';
import { poolOf, send } from '../client/http.mjs';

const PATH = '/api/v1/registries';

export class Management {
  #base;
  #authorization;

  constructor(base, credentials) {
    this.#base = base;
    this.#authorization = basic(credentials);
  }

  /** Registry `demo`, as the API shows it. */
  async registry() {
    const { items } = await this.#ask('GET', PATH);
    return items.find(({ name }) => name === 'demo');
  }

  /** `limits` as in the API: { tags } is what an image may then hold, { images } what a repository. */
  async setLimits(limits) {
    const { registryId } = await this.registry();
    await this.#ask('PATCH', `${PATH}/${registryId}`, { limits });
  }

  async #ask(method, path, value) {
    const agent = poolOf(1);
    const body = value && Buffer.from(JSON.stringify(value));
    const headers = { authorization: this.#authorization, ...(body && { 'content-type': 'application/json' }) };
    try {
      const response = await send({ agent, method, url: this.#base + path, headers, body });
      if (response.status === 200) return JSON.parse(response.body);
      throw new Error(`${method} ${path} answered ${response.status}: ${response.body}`);
    } finally {
      agent.destroy();
    }
  }
}
