import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** Requests whose client sends the body only when it is told to (`Expect: 100-continue`), and that were not told yet. */
const waiting = new WeakSet<IncomingMessage>();

const OWN_WORD = 'continuesByItself';

/**
 * Leaves it to whoever reads a body to send for it (RFC 9110 §10.1.1): a client that asks before it sends hears a refusal without having sent
 * anything. Node would tell it to go on before anybody looked at the request. Routes whose body Fastify reads send for it when all hooks
 * before that have let the request pass; those of a scope given to {@link continueByHand} do so themselves.
 */
export function answerExpectations(fastify: FastifyInstance, bodyLimit: number): void {
  const server = fastify.server as Server;
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(request);
    server.emit('request', request, response);
  });
  fastify.addHook('preParsing', (request, reply, _payload, done) => {
    const tooLarge = Number(request.headers['content-length'] ?? 0) > bodyLimit;
    if (!(OWN_WORD in request.server) && !tooLarge) sendContinue(request.raw, reply.raw);
    done();
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (awaitsContinue(request.raw)) void reply.header('connection', 'close');
    done();
  });
}

/** Says of a scope that its handlers call {@link sendContinue} before they read a body. */
export function continueByHand(scope: FastifyInstance): void {
  scope.decorate(OWN_WORD, true);
}

/** Sends `100 Continue` if the client waits for it. Before the body is read, and after everything that could refuse the request. */
export function sendContinue(request: IncomingMessage, response: ServerResponse): void {
  if (waiting.delete(request) && !response.headersSent && !response.destroyed) response.writeContinue();
}

/**
 * Whether the client still waits. Then nobody can know whether a body follows the answer, and the connection must end with it: what came next
 * could be a body or a request.
 */
export function awaitsContinue(request: IncomingMessage): boolean {
  return waiting.has(request);
}
