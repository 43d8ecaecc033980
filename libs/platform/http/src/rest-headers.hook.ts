import type { FastifyInstance } from 'fastify';

const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  // Replies depend on who asks.
  'cache-control': 'no-store',
};

const DATA_PLANE = 'isDataPlane';

/** Says of a scope and all in it that it is the data plane, whose responses have their own headers. */
export function markDataPlane(scope: FastifyInstance): void {
  scope.decorate(DATA_PLANE, true);
}

/** Headers of every control-plane response; a handler may set another value. */
export function addRestHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    // A hook of the root reaches every scope, also those made before it.
    if (!(DATA_PLANE in request.server)) void reply.headers(HEADERS);
    done();
  });
}
