// The quota of tags per image, raised over the management API for the image with many of them.
import { basic } from '../client/tokens.mjs';
import { poolOf, send } from '../client/http.mjs';

/** `tags` is what an image of registry `demo` may then hold. */
export async function raiseTagQuota(base, credentials, tags) {
  const agent = poolOf(1);
  const ask = async (method, path, value) => {
    const body = value && Buffer.from(JSON.stringify(value));
    const headers = { authorization: basic(credentials), ...(body && { 'content-type': 'application/json' }) };
    const response = await send({ agent, method, url: `${base}/api/v1/registries${path}`, headers, body });
    if (response.status === 200) return JSON.parse(response.body);
    throw new Error(`${method} /api/v1/registries${path} answered ${response.status}: ${response.body}`);
  };
  try {
    const { items } = await ask('GET', '');
    const { registryId } = items.find(({ name }) => name === 'demo');
    await ask('PATCH', `/${registryId}`, { limits: { tags } });
  } finally {
    agent.destroy();
  }
}
