import Fastify from 'fastify';
import { describe, expect, it } from '@jest/globals';
import { requestContextOf } from './request-context.js';

const key = { principalId: 'EK1', name: 'alice' };
const now = new Date('2026-01-02T03:04:05Z');

/** What is known of a request by network, and of the same one passed on by the gateway. */
async function contexts(headers: Record<string, string>) {
  const fastify = Fastify();
  fastify.get('/', (request) => requestContextOf(request, key, now));
  const url = await fastify.listen({ host: '127.0.0.1', port: 0 });
  try {
    const byNetwork = (await (await fetch(url, { headers })).json()) as { secureTransport: boolean };
    const exchanged = (await fastify.inject({ url: '/', headers })).json<{ secureTransport: boolean }>();
    return { byNetwork: byNetwork.secureTransport, exchanged: exchanged.secureTransport };
  } finally {
    await fastify.close();
  }
}

describe('the context of a control-plane request', () => {
  it('believes the gateway that a request it passed on came by TLS, and nobody else', async () => {
    expect(await contexts({ 'x-forwarded-proto': 'https' })).toEqual({ byNetwork: false, exchanged: true });
  });

  it('takes a request for plain where nobody says otherwise', async () => {
    expect(await contexts({})).toEqual({ byNetwork: false, exchanged: false });
  });
});
