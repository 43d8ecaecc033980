import {
  catalogHttp,
  consoleHttp,
  type HttpExchangeReply,
  type HttpExchangeRequest,
  iamHttp,
  metricsHttp,
  type Question,
  scannerHttp,
} from '@entrepot/contracts';
import type { MessageClient } from '@entrepot/platform-messaging';
import { type Logger, familyOf, logErrorByFamily } from '@entrepot/platform-observability';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** What the contract lets through in one message. */
const MAX_BODY_BYTES = 1024 * 1024;

type Exchange = Question<HttpExchangeRequest, HttpExchangeReply>;

/** Which service owns a control-plane path. Null: nobody. */
export function ownerOf(path: string): Exchange | null {
  if (path === '/') return consoleHttp;
  if (path === '/token' || path.startsWith('/.well-known/')) return iamHttp;
  const [, api, version, resource = '', , part = ''] = path.split('/');
  if (api !== 'api' || version !== 'v1') return null;
  if (IAM_RESOURCES.has(resource)) return iamHttp;
  return PARTS_OF_REGISTRY[part] ?? catalogHttp;
}

const IAM_RESOURCES: ReadonlySet<string> = new Set(['access-keys', 'users', 'policies', 'whoami', 'accounts']);

/** What other services keep about a registry: `/api/v1/registries/<id>/<part>`. */
const PARTS_OF_REGISTRY: Readonly<Record<string, Exchange>> = { metrics: metricsHttp, scans: scannerHttp };

/**
 * For the gateway of separate processes: clients know one address, and services reach each other by the bus alone, so control-plane
 * requests travel as messages. In `standalone` the services' own controllers stand on the same port and this is not used.
 */
export function controlPlaneForwarder(messages: MessageClient, logger: Logger) {
  return async (fastify: FastifyInstance): Promise<void> => {
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) =>
      done(null, body),
    );
    const handler = (request: FastifyRequest, reply: FastifyReply) => forward(messages, logger, request, reply);
    const method = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
    for (const url of ['/', '/api/*', '/token', '/.well-known/*']) fastify.route({ method, url, handler });
  };
}

async function forward(
  messages: MessageClient,
  logger: Logger,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const exchange = ownerOf(request.url.split('?', 1)[0] ?? '');
  if (exchange === null) return problem(reply, 404, 'Not Found', 'there is nothing at this path');
  try {
    // A GET of the management API changes nothing; one at iam-authz is a login, which is counted and told.
    const reads = exchange === catalogHttp && (request.method === 'GET' || request.method === 'HEAD');
    const answer = await messages.ask(exchange, asMessage(request), reads ? { again: 'freely' } : {});
    return await reply.status(answer.status).headers(answer.headers).send(Buffer.from(answer.body, 'base64'));
  } catch (error) {
    logErrorByFamily(logger, error, 'a control-plane request could not be forwarded', { requestId: request.id });
    if (familyOf(error) !== 'environment')
      return problem(reply, 500, 'Internal Server Error', 'the registry failed; the request id names the log lines');
    return problem(
      reply.header('retry-after', '1'),
      503,
      'Service Unavailable',
      'a part of the registry does not answer right now: try again in a moment',
    );
  }
}

function asMessage(request: FastifyRequest): HttpExchangeRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  // The owner sees the client's own view of the address: its tokens are made for the host that was asked.
  headers['host'] = request.host;
  headers['x-forwarded-proto'] = request.protocol;
  const body = Buffer.isBuffer(request.body) ? request.body.toString('base64') : '';
  return { method: request.method, path: request.url, headers, body, remoteAddress: request.ip };
}

/** RFC 9457. */
function problem(reply: FastifyReply, status: number, title: string, detail: string): FastifyReply {
  return reply
    .status(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title, status, detail, requestId: reply.request.id });
}
