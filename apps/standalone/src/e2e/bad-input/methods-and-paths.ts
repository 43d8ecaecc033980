import { describe, expect, it } from '@jest/globals';
import { contentOf, sendBytes } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import { changesNothing } from '../support/unchanged.js';

const { digest } = contentOf('a path');

/** Paths as no client writes them. */
export function methodsAndPaths(scene: () => Scene): void {
  const TRICKS = [
    '/v2/demo/apps/../apps/here/manifests/1',
    '/v2/../v2/demo/apps/here/manifests/1',
    '/v2/demo/apps/%2e%2e/here/manifests/1',
    '/v2/demo%2fapps%2fhere/manifests/1',
    '/v2/demo/apps/here/manifests/..%2f..%2f..%2fetc%2fpasswd',
    '/v2/demo/apps/here/manifests/..',
    '/v2/demo/apps/here/blobs/../../../../etc/passwd',
    `/v2/demo/apps/here/blobs/${digest}%00`,
    `/v2/demo/apps/here/blobs/sha256%3a..%2f..`,
    '/v2/demo/apps/here%00/manifests/1',
    '/v2/demo/apps/here/manifests/1%00',
    '/v2/demo/apps/here%c0%af/manifests/1',
    '/v2/demo/apps/here/manifests/%c0%ae%c0%ae',
    '/v2/demo/apps/%/manifests/1',
    '/v2/demo/apps/here/manifests/%zz',
    '/v2/demo//here/manifests/1',
    '/v2//demo/apps/here/manifests/1',
    '/v2/demo/apps/here//manifests/1',
    '/v2/demo/apps/here/manifests//1',
    '/v2/demo/apps/./here/manifests/1',
    '/v2/demo/apps/here\\..\\x/manifests/1',
    '/v2/demo/apps/HERE/manifests/1',
    '/v2/demo/apps/h%C3%A9re/manifests/1',
    '/v2/demo/apps/here;x=1/manifests/1',
    '/v2/demo/apps/-here/manifests/1',
    '/v2/demo/apps/here./manifests/1',
    '/v2/demo/apps/a..b/manifests/1',
    '/v2/demo/apps/a___b/manifests/1',
    `/v2/demo/apps/${'a'.repeat(256)}/manifests/1`,
    `/v2/${'a/'.repeat(5000)}manifests/1`,
    `/v2/demo/apps/here/manifests/${'1'.repeat(10_000)}`,
    '/v2/demo/apps/here/blobs/uploads/../../manifests/1',
    '/v2/demo/apps/here/blobs/uploads/..%2f..%2fx',
    `/v2/demo/apps/here/blobs/uploads/${'x'.repeat(500)}`,
    '/v2/demo/apps/here/blobs/uploads/%00',
    `/v2/demo/apps/here/referrers/${digest}/`,
    '/v2/demo/apps/here/tags/list/',
    '/v2/demo/apps/here/_internal/x',
    '/V2/demo/apps/here/manifests/1',
    '/v1/demo/apps/here/manifests/1',
    '/v2x/',
  ];

  it.each(TRICKS.map((path) => [path.length > 80 ? `${path.slice(0, 60)}… (${path.length})` : path, path]))(
    'finds nothing at %s',
    async (_, path) => {
      const { root } = scene();
      await changesNothing(root, async () => {
        for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
          const reply = await root.request({ method, path });
          expect([400, 404, 405, 414]).toContain(reply.status);
          if (method !== 'HEAD' && path.startsWith('/v2/')) expect(reply.code).toMatch(/^[A-Z_]+$/);
        }
      });
    },
  );

  it('takes a name of 255 characters and a tag of 128', async () => {
    const { root } = scene();
    const name = `demo/apps/${'a'.repeat(245)}`;
    expect(name).toHaveLength(255);
    expect((await root.post(`/v2/${name}/blobs/uploads/`)).status).toBe(202);
    const tag = await root.get(`/v2/demo/apps/here/manifests/${'t'.repeat(128)}`);
    expect([tag.status, tag.code]).toEqual([404, 'MANIFEST_UNKNOWN']);
  });

  describe.each([
    ['/v2/', ['POST', 'PUT', 'DELETE', 'PATCH']],
    ['/v2/_catalog', ['POST', 'PUT', 'DELETE']],
    ['/v2/demo/apps/here/manifests/1', ['POST', 'PATCH']],
    [`/v2/demo/apps/here/blobs/${digest}`, ['POST', 'PUT', 'PATCH']],
    ['/v2/demo/apps/here/blobs/uploads/', ['GET', 'PUT', 'PATCH', 'DELETE']],
    ['/v2/demo/apps/here/tags/list', ['POST', 'PUT', 'DELETE']],
    [`/v2/demo/apps/here/referrers/${digest}`, ['POST', 'PUT', 'DELETE']],
  ])('%s', (path, methods) => {
    it.each(methods)('answers 405 to %s', async (method) => {
      const { root } = scene();
      const reply = await root.request({ method, path });
      expect([reply.status, reply.code]).toEqual([405, 'UNSUPPORTED']);
    });
  });

  it.each(['/v2/x', '/v2/demo/apps/here', '/v2/demo/apps/here/layers/1', '/v2/_oci/ext/discover'])(
    'answers 404 with an OCI error at %s',
    async (path) => {
      const reply = await scene().root.get(path);
      expect([reply.status, reply.code]).toEqual([404, 'UNSUPPORTED']);
    },
  );

  it('answers a NUL, a line that is no request, and endless headers without falling', async () => {
    const { suite, root } = scene();
    const host = `host: ${new URL(suite.url).host}\r\n`;
    for (const bytes of [
      `GET /v2/\0 HTTP/1.1\r\n${host}\r\n`,
      `GET /v2/demo/apps/\xff\xfe/manifests/1 HTTP/1.1\r\n${host}\r\n`,
      'nonsense\r\n\r\n',
      `GET /v2/ HTTP/1.1\r\n${host}x: ${'a'.repeat(200_000)}\r\n\r\n`,
      `GET /v2/ HTTP/1.1\r\n${host}${'x: y\r\n'.repeat(5000)}\r\n`,
    ]) {
      const answer = await sendBytes(suite.port, Buffer.from(bytes, 'latin1'));
      expect(answer).not.toMatch(/^HTTP\/1\.1 [25]/);
    }
    expect((await root.get('/v2/')).status).toBe(200);
  });
}
