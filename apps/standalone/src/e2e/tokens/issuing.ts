import { expect, it } from '@jest/globals';
import { aManifest, type RawReply, type TokenAnswer } from '@entrepot/testing';
import { PRIVATE_DOMAIN, type Scene } from '../support/scene.js';

const NAME = 'demo/apps/issued';

/** `GET` and `POST` of the token endpoint. */
export function issuing(scene: () => Scene): void {
  const credentials = () => ({ accessKey: scene().suite.rootAccessKey, secret: scene().suite.rootSecret });
  const answer = (reply: RawReply): TokenAnswer => {
    expect([reply.status, reply.header('cache-control')]).toEqual([200, 'no-store']);
    return reply.json<TokenAnswer>();
  };
  const opens = async (token: string, name: string): Promise<number> =>
    (
      await scene()
        .root.as({ login: { bearer: token } })
        .post(`/v2/${name}/blobs/uploads/`)
    ).status;

  it('GET with Basic gives a token under both names', async () => {
    const { root } = scene();
    const { token, access_token, expires_in, issued_at } = answer(
      await (await root.tokenEndpoint()).get([`repository:${NAME}:pull,push`], credentials()),
    );
    expect(token).toBe(access_token);
    expect(expires_in).toBeGreaterThanOrEqual(60);
    expect(Math.abs(Date.parse(issued_at) - Date.now())).toBeLessThan(60_000);
    expect(await opens(access_token, NAME)).toBe(202);
  });

  it('POST with the password grant gives a token and says its scope', async () => {
    const { root } = scene();
    const issued = answer(await (await root.tokenEndpoint()).post([`repository:${NAME}:pull,push`], credentials()));
    expect(issued.scope).toBe(`repository:${NAME}:pull,push`);
    expect(await opens(issued.access_token, NAME)).toBe(202);
  });

  it('serves several scopes at once, and none that was not asked for', async () => {
    const other = 'demo/charts/issued';
    const token = await scene().root.token(`repository:${NAME}:pull,push`, `repository:${other}:pull`);
    expect(await opens(token, NAME)).toBe(202);
    expect(await opens(token, other)).toBe(401);
    expect(await opens(token, 'demo/apps/not-asked')).toBe(401);
  });

  it('serves several scopes in one parameter, divided by spaces', async () => {
    const token = await scene().root.token(`repository:${NAME}:pull,push repository:demo/charts/issued:push`);
    expect([await opens(token, NAME), await opens(token, 'demo/charts/issued')]).toEqual([202, 202]);
  });

  it('gives a refresh token to who asks for one, which gives tokens and is none itself', async () => {
    const { root } = scene();
    const endpoint = await root.tokenEndpoint();
    const viaPost = answer(await endpoint.post([], credentials(), { access_type: 'offline' })).refresh_token as string;
    const viaGet = answer(await endpoint.get([], credentials(), { offline_token: 'true' })).refresh_token as string;
    for (const refreshToken of [viaPost, viaGet]) {
      expect(refreshToken).toBeTruthy();
      const issued = answer(await endpoint.refresh([`repository:${NAME}:pull,push`], refreshToken));
      expect(await opens(issued.access_token, NAME)).toBe(202);
      expect(await opens(refreshToken, NAME)).toBe(401);
    }
    const broken = await endpoint.refresh([], `${viaPost.slice(0, -3)}AAA`);
    expect(broken.status).toBe(401);
  });

  it('gives no refresh token to who does not ask', async () => {
    const { root } = scene();
    expect(answer(await (await root.tokenEndpoint()).get([], credentials())).refresh_token).toBeUndefined();
  });

  it('a token without a scope logs in and does nothing else', async () => {
    const { root } = scene();
    await root.pushImage(NAME, aManifest({ seed: 'issuing' }), ['1']);
    const client = root.as({ login: { bearer: await root.token() } });
    expect((await client.get('/v2/')).status).toBe(200);
    expect((await client.get(`/v2/${NAME}/manifests/1`)).status).toBe(401);
  });

  it.each([
    ['a wrong secret', (key: string) => ({ accessKey: key, secret: 'wrong' })],
    ['an unknown key', () => ({ accessKey: 'EKUNKNOWNUNKNOWNUNKN', secret: 'wrong' })],
  ])('refuses %s by GET and POST, in the same words', async (_, make) => {
    const { root, suite } = scene();
    const endpoint = await root.tokenEndpoint();
    const wrong = make(suite.rootAccessKey);
    const [get, post] = [await endpoint.get([], wrong), await endpoint.post([], wrong)];
    for (const reply of [get, post]) {
      expect([reply.status, reply.code]).toEqual([401, 'UNAUTHORIZED']);
      expect(reply.text).not.toContain(suite.rootSecret);
    }
    expect(post.json()['error']).toBe('invalid_client');
    const other = await endpoint.get([], { accessKey: 'EKUNKNOWNUNKNOWNUNK2', secret: 'wrong' });
    expect(get.message).toBe(other.message);
  });

  it('refuses a service that is another host', async () => {
    const { root } = scene();
    const reply = await (await root.tokenEndpoint()).get([], credentials(), { service: 'elsewhere.test' });
    expect(reply.status).toBe(400);
  });

  it.each(['repository', 'repository:', 'a:b', ':::'])('refuses the malformed scope %s', async (scope) => {
    const { root } = scene();
    expect((await (await root.tokenEndpoint()).get([scope], credentials())).status).toBe(400);
  });

  it('a token for one host is refused on the other', async () => {
    const { root, registryId } = scene();
    const onHost = root.as({ host: `demo-${registryId}.${PRIVATE_DOMAIN}` });
    const forPath = await root.token(`repository:${NAME}:pull`);
    const forHost = await onHost.token('repository:apps/issued:pull');
    expect((await root.as({ login: { bearer: forPath } }).get('/v2/')).status).toBe(200);
    expect((await onHost.as({ login: { bearer: forHost } }).get('/v2/')).status).toBe(200);
    expect((await root.as({ login: { bearer: forHost } }).get('/v2/')).status).toBe(401);
    expect((await onHost.as({ login: { bearer: forPath } }).get('/v2/')).status).toBe(401);
  });

  it('publishes the keys that sign, without their secrets', async () => {
    const { root } = scene();
    const { keys } = (await root.as({ credentials: null }).get('/.well-known/jwks.json')).json<{ keys: object[] }>();
    expect(keys.length).toBeGreaterThanOrEqual(1);
    for (const key of keys) {
      expect(key).toMatchObject({ kty: 'OKP', crv: 'Ed25519', use: 'sig', kid: expect.any(String) });
      expect(key).not.toHaveProperty('d');
    }
  });
}
