import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { audienceOfHost, registryOfHost } from '@entrepot/access';
import { oci, OciError } from '@entrepot/oci';
import { awaitsContinue, continueByHand, sendContinue } from '@entrepot/platform-http';
import { outcomeOf } from '@entrepot/platform-observability';
import { challenge } from '../access/challenge.js';
import { announcedLength, type Call, type CallRecord } from './call.js';
import { type Answer, writeAnswer } from './answer.js';
import { dispatch, verbOf } from './dispatch.js';
import { errorAnswer } from './errors.js';
import { discardRest } from './linger.js';
import type { Ports } from './ports.js';
import { ClientGone } from './read-body.js';
import { type Route, routeOf } from './route.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const NO_QUERY = new URLSearchParams();

/**
 * The OCI data plane as a plain Fastify plugin: no interceptor, no body parser, one route table (`route.ts`), one place that writes
 * (`answer.ts`). It knows its ports and no Nest.
 */
export function dataPlane(ports: Ports) {
  return async (fastify: FastifyInstance): Promise<void> => {
    // Encapsulated: bodies of every content type stay streams here, and the control plane keeps its JSON parser.
    continueByHand(fastify);
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
    const handler = (request: FastifyRequest, reply: FastifyReply) => serve(ports, request, reply);
    for (const url of ['/v2', '/v2/', '/v2/*']) fastify.route({ method: METHODS, url, handler });
  };
}

async function serve(ports: Ports, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const began = performance.now();
  // From here on the raw response is ours: Fastify's own reply would serialise, count and copy.
  reply.hijack();
  const record: CallRecord = { verb: request.method.toLowerCase(), name: null, digest: null, rule: null, place: null };
  let principal: string | null = null;
  let answer: Answer;
  try {
    const call = await callOf(ports, request, reply, record);
    principal = call.principal.principalId;
    const route = routed(call.path, record, call.method);
    answer = await dispatch(ports, call, route);
  } catch (error) {
    if (error instanceof ClientGone || (request.raw.destroyed && !request.raw.complete))
      return gone(ports, request, record, principal, began);
    answer = errorAnswer(ports.logger, error, request.id);
  }
  noteRefusal(ports, record, principal, answer);
  const whole = await send(ports, request, reply, answer);
  logAccess(ports, request, record, principal, answer, { began, whole });
}

async function callOf(ports: Ports, request: FastifyRequest, reply: FastifyReply, record: CallRecord): Promise<Call> {
  const { raw } = request;
  const url = raw.url ?? '/';
  const mark = url.indexOf('?');
  const host = audienceOfHost(request.host);
  const addressing = host === null ? null : registryOfHost(host, ports.hosts);
  if (host === null || addressing === null) throw misdirected();
  const call: Omit<Call, 'principal'> = {
    method: request.method,
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1)),
    headers: raw.headers,
    body: raw,
    sendForBody: () => sendContinue(raw, reply.raw),
    host,
    scheme: request.protocol === 'https' ? 'https' : 'http',
    addressing,
    sourceIp: request.ip,
    now: ports.now(),
    record,
  };
  return { ...call, principal: await authenticated(ports, call) };
}

/** Wrong credentials get the challenge too: that is how clients find the token endpoint again. */
async function authenticated(ports: Ports, call: Omit<Call, 'principal'>): Promise<Call['principal']> {
  try {
    const login = call.path === '/v2/' || call.path === '/v2';
    return await ports.access.authenticate(call.headers.authorization, {
      audience: call.host,
      sourceIp: call.sourceIp,
      login,
    });
  } catch (error) {
    if (error instanceof OciError && error.code === 'UNAUTHORIZED') throw challenge(call as Call, error.message, null);
    throw error;
  }
}

function routed(path: string, record: CallRecord, method: string): Route | null {
  const route = routeOf(path);
  record.verb = verbOf(route, method);
  if (route && 'name' in route) record.name = route.name;
  return route;
}

/** 421 (RFC 9110 §15.5.20): a host that is not ours is a proxy's mistake or an attempt to have our answers trusted elsewhere. */
function misdirected(): OciError {
  return oci.unsupported(
    'this installation does not serve that host: check the address, or ENTREPOT_PUBLIC_URL and the domains',
    { status: 421 },
  );
}

/** False when the answer was cut off: by a client that went away, or by bytes that could not be read. */
async function send(ports: Ports, request: FastifyRequest, reply: FastifyReply, answer: Answer): Promise<boolean> {
  const { raw } = request;
  // An unread body of some size is not worth receiving: the connection ends with the answer.
  const unread =
    !raw.complete && answer.status >= 400 && (announcedLength(raw.headers) ?? Infinity) > 0 && hasBody(request);
  // A hijacked reply loses the header by which a draining server sends its clients elsewhere.
  const last = unread || (awaitsContinue(raw) && hasBody(request)) || reply.getHeader('connection') === 'close';
  const headers = last ? { ...answer.headers, connection: 'close' } : answer.headers;
  try {
    const linger = unread ? () => discardRest(raw) : undefined;
    await writeAnswer(reply.raw, { ...answer, headers }, request.method === 'HEAD', linger);
    return true;
  } catch (error) {
    if (!reply.raw.destroyed) reply.raw.destroy();
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') {
      ports.logger.warn({ err: error, requestId: request.id }, 'the answer was cut off');
    }
    return false;
  }
}

function hasBody({ raw }: FastifyRequest): boolean {
  return raw.headers['content-length'] !== undefined || raw.headers['transfer-encoding'] !== undefined;
}

function noteRefusal(ports: Ports, record: CallRecord, principal: string | null, answer: Answer): void {
  if (answer.status !== 403 || record.name === null) return;
  ports.activity.refused(record, principal ?? 'anonymous', ports.now());
}

function logAccess(
  ports: Ports,
  request: FastifyRequest,
  record: CallRecord,
  principal: string | null,
  answer: Answer,
  { began, whole }: { readonly began: number; readonly whole: boolean },
): void {
  ports.accessLog.record({
    principal,
    verb: record.verb,
    name: record.name,
    digest: record.digest,
    address: request.ip,
    outcome: whole ? outcomeOf(answer.status) : 'aborted',
    status: answer.status,
    bytes: bytesOf(request, answer),
    durationMs: performance.now() - began,
    requestId: request.id,
  });
}

function bytesOf(request: FastifyRequest, answer: Answer): number {
  if (request.method === 'GET')
    return Number(answer.headers['content-length'] ?? (answer.body as Buffer | undefined)?.length ?? 0);
  return request.method === 'HEAD' ? 0 : (announcedLength(request.raw.headers) ?? 0);
}

function gone(
  ports: Ports,
  request: FastifyRequest,
  record: CallRecord,
  principal: string | null,
  began: number,
): void {
  ports.accessLog.record({
    principal,
    verb: record.verb,
    name: record.name,
    digest: record.digest,
    address: request.ip,
    outcome: 'aborted',
    // nginx's code for a client that closed the connection; nobody receives it.
    status: 499,
    bytes: 0,
    durationMs: performance.now() - began,
    requestId: request.id,
  });
}
