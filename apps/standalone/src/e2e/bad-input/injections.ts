import { expect, it } from '@jest/globals';
import { contentOf, type RawReply } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import { changesNothing } from '../support/unchanged.js';

const { digest } = contentOf('an injection');
const CRLF = '%0d%0aX-Injected:%20yes%0d%0aSet-Cookie:%20a=b';
const NAME = 'demo/apps/here';

/** Text of the client must not become a header, a redirect or a log line of its own. */
export function injections(scene: () => Scene): void {
  const clean = (reply: RawReply): void => {
    expect(reply.headers).not.toHaveProperty('x-injected');
    expect(reply.headers).not.toHaveProperty('set-cookie');
    expect(reply.status).not.toBe(500);
    expect([301, 302, 303, 307, 308]).not.toContain(reply.status);
  };

  it.each([
    ['GET', `/v2/${NAME}${CRLF}/manifests/1`],
    ['GET', `/v2/${NAME}/manifests/1${CRLF}`],
    ['PUT', `/v2/${NAME}/manifests/1${CRLF}`],
    ['PUT', `/v2/${NAME}/manifests/${digest}?tag=a${CRLF}`],
    ['GET', `/v2/${NAME}/blobs/${digest}${CRLF}`],
    ['POST', `/v2/${NAME}/blobs/uploads/?digest=${digest}${CRLF}`],
    ['POST', `/v2/${NAME}/blobs/uploads/?mount=${digest}&from=${CRLF}`],
    ['POST', `/v2/${NAME}/blobs/uploads/?digest-algorithm=sha256${CRLF}`],
    ['GET', `/v2/${NAME}/blobs/uploads/x${CRLF}`],
    ['GET', `/v2/${NAME}/tags/list?n=1&last=${CRLF}`],
    ['GET', `/v2/${NAME}/tags/list?n=1${CRLF}`],
    ['GET', `/v2/${NAME}/referrers/${digest}?artifactType=${CRLF}&n=1`],
    ['GET', `/v2/_catalog?n=1&last=${CRLF}`],
    ['GET', `/token?service=${CRLF}&scope=repository:x${CRLF}:pull`],
    ['GET', `/api/v1/users/${CRLF}`],
    ['GET', `/api/v1/users?after=${CRLF}`],
    ['GET', `//evil.example/${CRLF}`],
    ['GET', '//evil.example/v2/'],
    ['GET', '/\\evil.example'],
    ['GET', 'http://evil.example/v2/'],
  ])('%s %s', async (method, path) => {
    const { root } = scene();
    clean(await changesNothing(root, () => root.request({ method, path })));
    clean(await root.as({ credentials: null }).request({ method, path }));
  });

  it.each(["'", "' OR '1'='1", '"; DROP TABLE tag;--', '$1', '%25', '\\', '../../x'])(
    'takes %s in a query as text, or refuses it',
    async (text) => {
      const { root } = scene();
      const value = encodeURIComponent(text);
      await changesNothing(root, async () => {
        const tags = await root.get(`/v2/${NAME}/tags/list?last=${value}`);
        expect(tags.status).toBe(200);
        expect((await root.get(`/v2/${NAME}/referrers/${digest}?artifactType=${value}`)).status).toBe(200);
        expect((await root.get(`/v2/_catalog?last=${value}`)).status).toBe(200);
        expect((await root.get(`/v2/${NAME}/tags/list?n=${value}`)).status).toBe(400);
        expect((await root.json('GET', `/api/v1/users/${value}`)).status).toBe(404);
      });
    },
  );

  it('a Range of a thousand parts is one answer of the blob’s size at most', async () => {
    const { root } = scene();
    const blob = contentOf(Buffer.alloc(5000, 1));
    await root.pushBlob(NAME, blob);
    const range = `bytes=${Array.from({ length: 200 }, (_, at) => `${at * 2}-${at * 2}`).join(',')}`;
    const reply = await root.get(`/v2/${NAME}/blobs/${blob.digest}`, { range });
    expect([reply.status, reply.body.length]).toEqual([200, 5000]);
  });

  it('the log holds no secret and no line that a client wrote', async () => {
    const { root, suite } = scene();
    await root.get('/v2/', { 'user-agent': 'agent\\n{"level":60,"msg":"forged by a client"}' });
    await root.get(`/v2/forged%0a{"msg":"forged"}/x/y/manifests/1`);
    const token = await root.token(`repository:${NAME}:pull`);
    await root.as({ login: { bearer: token } }).get(`/v2/${NAME}/manifests/1`);
    const logs = suite.logs();
    expect(logs).not.toContain(suite.rootSecret);
    expect(logs).not.toContain(token);
    expect(logs.split('\n').filter((line) => line.startsWith('{"level":60'))).toEqual([]);
  });
}
