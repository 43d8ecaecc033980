// What every client finds: a private and a public repository, a key that may push, pull and delete, and one that may
// only pull, all made through the REST API by the root key.
import { RegistryHttp } from './registry-http.mjs';

const SECONDS = 30;
const REGISTRY = 'demo';
const CLOSED = 'clients';
const OPEN = 'clients-open';

/**
 * Makes the world in a running suite.
 * @returns {Promise<object>} `closed`, `open`: `<registry>/<repository>` to put images in; `owner`, `reader`, `wrong`:
 *   `{ user, secret }`; `http`: the registry without a client, as the owner; `url`, `host`, `composition`
 */
export async function makeWorld({ url, root }, composition) {
  const api = new Api(url, root);
  await makeRepositories(api);
  const owner = await makeKey(api, 'clients-owner', ['ScrPullPushOnlyAccess', await deletePolicy(api)]);
  const reader = await makeKey(api, 'clients-reader', ['ScrPullOnlyAccess']);
  const wrong = { user: owner.user, secret: `${reader.secret}x` };
  const places = { closed: `${REGISTRY}/${CLOSED}`, open: `${REGISTRY}/${OPEN}` };
  return {
    composition,
    url,
    host: new URL(url).host,
    ...places,
    owner,
    reader,
    wrong,
    http: new RegistryHttp(url, owner),
  };
}

async function makeRepositories(api) {
  const { items } = await api.get('registries');
  const { registryId } = items.find((registry) => registry.name === REGISTRY);
  const repositories = `registries/${registryId}/repositories`;
  await api.post(repositories, { name: CLOSED, visibility: 'private' });
  await api.post(repositories, { name: OPEN, visibility: 'public' });
}

/** A user with these policies (built-in or own, by name) and an access key: { user, secret }. */
async function makeKey(api, name, policies) {
  const { userId } = await api.post('users', { name });
  const { items } = await api.get('policies?limit=100');
  for (const policy of policies) {
    const { policyId } = items.find((each) => each.name === policy);
    await api.put(`users/${userId}/policies/${policyId}`);
  }
  const { accessKey, secretKey } = await api.post('access-keys', { userId });
  return { user: accessKey, secret: secretKey };
}

/** A policy that adds deletion, the one right that no built-in policy for clients grants; answers its name. */
async function deletePolicy(api) {
  const name = 'clients-delete';
  const statement = { Effect: 'Allow', Action: ['scr:DeleteRepositoryImages'], Resource: ['*'] };
  await api.post('policies', { name, document: { Version: '2024-07-01', Statement: [statement] } });
  return name;
}

class Api {
  constructor(url, { user, secret }) {
    this.url = url;
    this.authorization = `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
  }

  get = (path) => this.#ask('GET', path);
  post = (path, body) => this.#ask('POST', path, body);
  put = (path, body) => this.#ask('PUT', path, body);

  async #ask(method, path, body) {
    const response = await fetch(`${this.url}/api/v1/${path}`, {
      method,
      headers: { authorization: this.authorization, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(SECONDS * 1000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} /api/v1/${path}: status ${response.status}: ${text}`);
    return text ? JSON.parse(text) : undefined;
  }
}
