import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { LookupAnswer } from '@entrepot/contracts';
import type { FastifyInstance } from 'fastify';
import { planeUnderTest } from '../spec/plane-under-test.js';

const UPLOAD = '/v2/demo/apps/x/blobs/uploads/01a1';
const MANIFEST = '/v2/demo/apps/x/manifests/1';
const claim = { uploadId: '01a1', revision: 1, offset: 0, key: 'k', state: null, algorithm: 'sha256' };
const replies = {
  'catalog.upload.claim.v1': () => claim,
  'catalog.manifest.put.v1': () => ({ digest: `sha256:${'a'.repeat(64)}`, subject: null, tags: ['1'] }),
};

const servers: FastifyInstance[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/**
 * Asks as a client does that sends its body only when it is told to, and tells the status lines that it heard. A client that was refused sends
 * nothing more.
 */
async function ask(method: string, path: string, length: number, facts: Partial<LookupAnswer> = {}): Promise<string> {
  const { fastify } = await planeUnderTest(replies, facts);
  servers.push(fastify);
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  const socket = connect((fastify.server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
  const head = [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Expect: 100-continue', `Content-Length: ${length}`];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  const [first] = (await once(socket, 'data')) as [string];
  if (!first.startsWith('HTTP/1.1 100')) {
    socket.end();
    return `${first.slice(9, 12)}, ${/connection: close/i.test(first) ? 'then the end' : 'then more'}`;
  }
  socket.write('x'.repeat(length));
  const [second] = (await once(socket, 'data')) as [string];
  socket.end();
  return `100, ${second.slice(9, 12)}`;
}

describe('a client that asks before it sends its body', () => {
  it('is told to go on, and served, when nothing refuses it', async () => {
    expect(await ask('PATCH', UPLOAD, 3)).toBe('100, 202');
    expect(await ask('PUT', MANIFEST, 3)).toBe('100, 201');
  });

  it.each([
    ['it may not', 'PATCH', UPLOAD, 3, { registry: { ...elsewhere() } }, 403],
    ['there is no such repository', 'PUT', MANIFEST, 3, { repository: null }, 404],
    ['a manifest would be too large', 'PUT', MANIFEST, 5 * 1024 * 1024, {}, 413],
    ['a blob would be too large', 'PATCH', UPLOAD, 2 * 1024 * 1024, {}, 413],
    ['the endpoint has no such method', 'POST', MANIFEST, 3, {}, 405],
    ['there is no such endpoint', 'PUT', '/v2/demo', 3, {}, 404],
  ])('hears at once, without sending it, that %s', async (_, method, path, length, facts, status) => {
    expect(await ask(method, path, length, facts)).toBe(`${status}, then the end`);
  });

  it('hears the same where the answer needs no body at all: nobody could tell one from the next request', async () => {
    expect(await ask('GET', '/v2/', 3)).toBe('200, then the end');
  });
});

/** A public registry of an account in which the administrator of the spec has no rights. */
function elsewhere() {
  return {
    registryId: 'r1',
    accountId: 'a2',
    name: 'demo',
    visibility: 'public' as const,
    publicRepositoriesAllowed: true,
    createOnPush: false,
    state: 'Active',
  };
}
