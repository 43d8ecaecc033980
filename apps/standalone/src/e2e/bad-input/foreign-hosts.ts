import { expect, it } from '@jest/globals';
import { sendBytes } from '@entrepot/testing';
import { PRIVATE_DOMAIN, type Scene } from '../support/scene.js';

/** A Host that is not ours gets 421 before anything else is looked at, credentials included. */
export function foreignHosts(scene: () => Scene): void {
  const id = 'a'.repeat(32);
  it.each([
    'evil.example',
    'evil.example:5000',
    PRIVATE_DOMAIN,
    `demo.${PRIVATE_DOMAIN}`,
    `demo-123.${PRIVATE_DOMAIN}`,
    `demo-${id}.${PRIVATE_DOMAIN}.evil.example`,
    `demo-${id}.evil.example`,
    `x.demo-${id}.${PRIVATE_DOMAIN}`,
    '127.0.0.1.evil.example',
    'user@127.0.0.1',
    '[::',
    'a b',
  ])('answers 421 for the host "%s"', async (host) => {
    const { root } = scene();
    for (const client of [root.as({ host }), root.as({ host, credentials: null })]) {
      for (const path of ['/v2/', '/v2/demo/apps/here/manifests/1', '/v2/_catalog']) {
        const reply = await client.get(path);
        expect([path, reply.status]).toEqual([path, 421]);
        expect(reply.code).toBe('UNSUPPORTED');
        expect(reply.header('www-authenticate')).toBeUndefined();
      }
      for (const path of ['/token', '/api/v1/registries', '/api/v1/whoami']) {
        expect([path, (await client.get(path)).status]).toEqual([path, 421]);
      }
    }
  });

  it('answers who asks for a registry’s host that does not exist as for one that is forbidden', async () => {
    const { root } = scene();
    const client = root.as({ host: `demo-${id}.${PRIVATE_DOMAIN}` });
    const reply = await client.as({ credentials: null }).get('/v2/apps/here/manifests/1');
    expect(reply.status).toBe(401);
  });

  it.each([
    ['with an empty Host', 'GET /v2/ HTTP/1.1\r\nhost: \r\n\r\n'],
    ['without a Host', 'GET /v2/ HTTP/1.1\r\n\r\n'],
    ['with two Hosts', 'GET /v2/ HTTP/1.1\r\nhost: 127.0.0.1\r\nhost: evil.example\r\n\r\n'],
  ])('a request %s is refused', async (_, bytes) => {
    const answer = await sendBytes(scene().suite.port, bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 4(00|21)/);
  });

  it('believes no forwarded host from who is no trusted proxy', async () => {
    const { root } = scene();
    const reply = await root.as({ credentials: null }).get('/v2/', {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example;proto=https',
    });
    expect(reply.header('www-authenticate')).toContain(`realm="${scene().suite.url}/token"`);
    expect(reply.header('www-authenticate')).not.toContain('evil');
  });
}
