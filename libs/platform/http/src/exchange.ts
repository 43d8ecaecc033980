import type { Readable } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { errorResponse } from './error-response.js';
import { ProblemException } from './problem.exception.js';

/** A control-plane request as the gateway received it, to be answered by the service that owns it. */
export interface ExchangeRequest {
  method: string;
  /** Path with query. */
  path: string;
  headers: Readonly<Record<string, string>>;
  /** Base64; at most 1 MiB when decoded. */
  body: string;
  /** The client's, as the gateway saw it, its trusted proxies considered. */
  remoteAddress: string | null;
}

export interface ExchangeReply {
  status: number;
  /** Lower-case names. Several `set-cookie` values are separated by a line break, see {@link exchangedHeaders}. */
  headers: Record<string, string>;
  /** Base64; at most 6 MiB when decoded, so that it fits a message of 8 MiB. */
  body: string;
}

const MAX_REQUEST_BYTES = 1024 * 1024;
const MAX_REPLY_BYTES = 6 * 1024 * 1024;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

// RFC 9110 §7.6.1. The lengths are those of another connection; the forwarding chain was judged by the gateway already.
const DROPPED = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'content-length',
  'x-forwarded-for',
  'forwarded',
]);

/**
 * Answers a request inside the process, through the application's own routes, guards and filters, as if it had come by network. Never
 * rejects for what the request holds: a wrong one gets its 4xx, a reply that is too large becomes a 500.
 */
export async function exchange(app: NestFastifyApplication, request: ExchangeRequest): Promise<ExchangeReply> {
  const body = Buffer.from(request.body, 'base64');
  const refusal = refusalOf(request, body);
  if (refusal) return refused(refusal, request);
  const response = await app.inject({
    method: request.method as 'GET',
    url: request.path,
    headers: endToEnd(request.headers),
    ...(body.length === 0 ? {} : { payload: body }),
    remoteAddress: request.remoteAddress ?? '0.0.0.0',
    payloadAsStream: true,
  });
  const bytes = await readBounded(response.stream());
  if (bytes)
    return { status: response.statusCode, headers: endToEnd(response.headers), body: bytes.toString('base64') };
  response.raw.res.destroy();
  const tooLarge = new ProblemException(500, {
    detail: `The reply is larger than ${MAX_REPLY_BYTES} bytes: ask for less.`,
  });
  return refused(tooLarge, request);
}

/** An exchanged reply's headers as a server writes them. */
export function exchangedHeaders({ headers }: Pick<ExchangeReply, 'headers'>): Record<string, string | string[]> {
  const { 'set-cookie': cookies, ...others } = headers;
  return cookies === undefined ? others : { ...others, 'set-cookie': cookies.split('\n') };
}

function refusalOf(request: ExchangeRequest, body: Buffer): ProblemException | null {
  if (!METHODS.has(request.method)) return new ProblemException(405);
  if (!/^\/(?!\/)[\x21-\x7e]*$/.test(request.path))
    return new ProblemException(400, { detail: 'The path is not one.' });
  if (body.length > MAX_REQUEST_BYTES)
    return new ProblemException(413, { detail: `The body is over ${MAX_REQUEST_BYTES} bytes.` });
  return null;
}

function refused(problem: ProblemException, request: ExchangeRequest): ExchangeReply {
  const { status, contentType, body } = errorResponse(problem, request.path, request.headers['x-request-id'] ?? '');
  return { status, headers: { 'content-type': contentType }, body: Buffer.from(body).toString('base64') };
}

function endToEnd(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const named = String(headers['connection'] ?? '')
    .toLowerCase()
    .split(/\s*,\s*/);
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(headers)) {
    const name = key.toLowerCase();
    if (value === undefined || DROPPED.has(name) || named.includes(name)) continue;
    kept[name] = Array.isArray(value) ? value.join(name === 'set-cookie' ? '\n' : ', ') : String(value);
  }
  return kept;
}

/** All bytes of the reply, or null as soon as there are too many. */
async function readBounded(stream: Readable): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_REPLY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
