import type { FastifyInstance } from 'fastify';
import { ProblemException } from './problem.exception.js';

/**
 * Refuses a request with several `Host` lines (400, RFC 9112 §3.2): a proxy before us may have believed another one than we would, and
 * tokens are good for the host that was asked.
 */
export function refuseSeveralHosts(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { rawHeaders } = request.raw;
    let hosts = 0;
    // Names and values take turns.
    for (let i = 0; i < rawHeaders.length; i += 2) if (isHost(rawHeaders[i] as string)) hosts += 1;
    done(hosts > 1 ? new ProblemException(400, { detail: 'The request names several hosts.' }) : undefined);
  });
}

function isHost(name: string): boolean {
  return name.length === 4 && name.toLowerCase() === 'host';
}
