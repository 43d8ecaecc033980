import { expect, it } from '@jest/globals';
import { aManifest, challengeOf, contentOf } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import { PRIVATE_DOMAIN } from '../support/scene.js';

/** What a 401 tells a client: where tokens are, for whom, and for what. */
export function challenges(scene: () => Scene): void {
  const anonymous = () => scene().root.as({ credentials: null });
  const { digest } = contentOf('a blob');
  const name = 'demo/apps/challenged';

  it('names the token endpoint on the host that was asked', async () => {
    const reply = await anonymous().get('/v2/');
    expect([reply.status, reply.code]).toEqual([401, 'UNAUTHORIZED']);
    expect(reply.header('docker-distribution-api-version')).toBe('registry/2.0');
    const host = new URL(scene().suite.url).host;
    expect(challengeOf(reply)).toEqual({ realm: `http://${host}/token`, service: host, scope: null, error: null });
  });

  it('names it on a registry’s own host too', async () => {
    const { registryId } = scene();
    const host = `demo-${registryId}.${PRIVATE_DOMAIN}`;
    const reply = await anonymous().as({ host }).get('/v2/');
    expect(challengeOf(reply)).toMatchObject({ realm: `http://${host}/token`, service: host });
  });

  it.each([
    ['GET', `/v2/${name}/manifests/latest`, `repository:${name}:pull`],
    ['HEAD', `/v2/${name}/manifests/latest`, `repository:${name}:pull`],
    ['GET', `/v2/${name}/blobs/${digest}`, `repository:${name}:pull`],
    ['GET', `/v2/${name}/tags/list`, `repository:${name}:pull`],
    ['GET', `/v2/${name}/referrers/${digest}`, `repository:${name}:pull`],
    ['POST', `/v2/${name}/blobs/uploads/`, `repository:${name}:pull,push`],
    ['PUT', `/v2/${name}/manifests/latest`, `repository:${name}:pull,push`],
    ['DELETE', `/v2/${name}/manifests/latest`, `repository:${name}:delete`],
    ['DELETE', `/v2/${name}/blobs/${digest}`, `repository:${name}:delete`],
    ['GET', '/v2/_catalog', 'registry:catalog:*'],
  ])('asks for the scope that %s %s needs', async (method, path, scope) => {
    const reply = await anonymous().request({ method, path });
    expect(reply.status).toBe(401);
    expect(challengeOf(reply)).toMatchObject({ scope, error: null });
  });

  it('comes with wrong credentials too, as clients find the token endpoint by it', async () => {
    const wrong = { accessKey: scene().suite.rootAccessKey, secret: 'not the secret' };
    const reply = await anonymous().as({ credentials: wrong }).get('/v2/');
    expect([reply.status, reply.code]).toEqual([401, 'UNAUTHORIZED']);
    expect(challengeOf(reply)).not.toBeNull();
  });

  it('says insufficient_scope when the token is for less, and 403 when it was asked and refused', async () => {
    const { root, api } = scene();
    await root.pushImage(name, aManifest({ seed: 'challenge' }), ['latest']);
    const pullOnly = root.as({ login: { bearer: await root.token(`repository:${name}:pull`) } });
    expect((await pullOnly.get(`/v2/${name}/manifests/latest`)).status).toBe(200);
    const push = await pullOnly.post(`/v2/${name}/blobs/uploads/`);
    expect([push.status, push.code]).toEqual([401, 'UNAUTHORIZED']);
    expect(challengeOf(push)).toMatchObject({ error: 'insufficient_scope', scope: `repository:${name}:pull,push` });

    const reader = await api.someone('challenge-reader', ['ScrPullOnlyAccess']);
    const asReader = root.as({ credentials: reader });
    const token = await asReader.token(`repository:${name}:pull,push`);
    const refused = await asReader.as({ login: { bearer: token } }).post(`/v2/${name}/blobs/uploads/`);
    expect([refused.status, refused.code]).toEqual([403, 'DENIED']);
    expect(refused.message).toContain('scr:PushRepositoryImages');
    expect(challengeOf(refused)).toBeNull();
  });
}
