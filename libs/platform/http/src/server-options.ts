import type { FastifyServerOptions } from 'fastify';
import { requestIdOf } from './request-id.js';
import { answerClientError } from './client-error.js';
import { networkProblems } from './trusted-networks.js';

/** A certificate chain and its key, as PEM text. */
export interface TlsPem {
  cert: string;
  key: string;
}

/** The clocks of a connection, in milliseconds. Only tests have a reason to change them. */
export interface ServerTimeouts {
  /** The request's headers must be here by then: a client that drips them is cut. */
  headersMs: number;
  /** A connection on which nothing moves, in either direction, is cut: a stalled upload, a reader that went away. */
  inactivityMs: number;
  /** An idle connection is kept for the next request. Longer than the 60 s of usual load balancers, so that they close first. */
  keepAliveMs: number;
  /** How often connections are looked over for late headers. */
  checkMs: number;
}

export const DEFAULT_TIMEOUTS: ServerTimeouts = {
  headersMs: 30_000,
  inactivityMs: 120_000,
  keepAliveMs: 75_000,
  checkMs: 5_000,
};

/** Control-plane bodies are JSON documents; the largest is a policy of some 100 kB. */
export const DEFAULT_BODY_LIMIT = 1024 * 1024;

// A parameter of a route may hold a registry's name and an image name (255) or a reference (sha512: 135), and may come
// percent-encoded, threefold. Fastify bounds wildcards by the size of all headers only, 16 KiB.
const MAX_PARAM_LENGTH = 2048;

/** What the server is made with, beside TLS. A body may take as long as it moves: there is no limit on a whole request. Throws for a network that is none. */
export function serverOptions(
  trustProxy: readonly string[],
  bodyLimit: number,
  timeouts: ServerTimeouts,
  tls: TlsPem | undefined,
): FastifyServerOptions {
  const [problem] = networkProblems(trustProxy);
  if (problem) throw new Error(`Trusted proxies: ${problem}`);
  const node = { headersTimeout: timeouts.headersMs, connectionsCheckingInterval: timeouts.checkMs };
  const options = {
    logger: false,
    ...(trustProxy.length === 0 ? {} : { trustProxy: [...trustProxy] }),
    bodyLimit,
    connectionTimeout: timeouts.inactivityMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    requestTimeout: 0,
    forceCloseConnections: 'idle' as const,
    exposeHeadRoutes: false,
    requestIdHeader: false as const,
    genReqId: requestIdOf,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    clientErrorHandler: answerClientError,
    ...(tls ? { https: { ...node, cert: tls.cert, key: tls.key } } : { http: node }),
  };
  return options as FastifyServerOptions;
}
