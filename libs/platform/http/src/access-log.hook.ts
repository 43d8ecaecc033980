import type { IncomingMessage } from 'node:http';
import type { AccessEntry, AccessLog, AccessRecord } from '@entrepot/platform-observability';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isDataPlane } from './error-response.js';
import { HEALTH_PATHS } from './health.controller.js';

const entries = new WeakMap<IncomingMessage, AccessEntry>();

/** Adds to the access record of a request what its handler learned: principal, verb, name, digest, bytes. */
export function noteAccess(request: Pick<FastifyRequest, 'raw'>, fields: Partial<AccessRecord>): void {
  entries.get(request.raw)?.set(fields);
}

/**
 * Writes one record for each control-plane request when its connection is done with it, also when the client went away in between. Health
 * probes have none: they would be most of the log. The data plane writes its own, which know more.
 */
export function recordAccess(fastify: FastifyInstance, accessLog: AccessLog): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    // In this order: V8 keeps a copy of each string that is looked up, and no two URLs of the data plane are alike.
    if (!isDataPlane(request.url) && !HEALTH_PATHS.has(request.url)) begin(request, reply, accessLog);
    done();
  });
}

function begin(request: FastifyRequest, reply: FastifyReply, accessLog: AccessLog): void {
  const entry = accessLog.start({
    verb: request.method,
    // The query may carry a token.
    name: request.url.split('?', 1)[0] ?? null,
    address: request.ip,
    requestId: request.id,
  });
  entries.set(request.raw, entry);
  reply.raw.once('close', () => {
    const status = reply.raw.statusCode;
    entry.finish(isSent(reply) ? { status } : { status, outcome: 'aborted' });
  });
}

/** A request handed over inside the process has no socket to be flushed: it is sent when it is ended. */
function isSent({ raw }: FastifyReply): boolean {
  return raw.writableFinished || ('isLightMyRequest' in raw && raw.writableEnded);
}
