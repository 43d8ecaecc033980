import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HEALTH_PATHS } from './health.controller.js';
import { ProblemException } from './problem.exception.js';

/** What decides whether a listener may speak plain HTTP. */
export interface PlainHttpCase {
  /** The address or name that it listens on. */
  host: string;
  hasTls: boolean;
  /** Networks of the proxies that end TLS before us. */
  trustedProxies: readonly string[];
  /** The loud setting. */
  allowPlainHttp: boolean;
}

/**
 * Why a listener must not start, or null when it may. Passwords and tokens travel in headers, so plain HTTP is for loopback, and behind
 * a trusted proxy (each request must then say `X-Forwarded-Proto: https`, see {@link requireHttps}); else only by the loud setting.
 */
export function plainHttpRefusal({ host, hasTls, trustedProxies, allowPlainHttp }: PlainHttpCase): string | null {
  if (hasTls || allowPlainHttp || trustedProxies.length > 0 || isLoopback(host)) return null;
  return (
    `Plain HTTP on ${host} would send passwords in the clear. Give a certificate and its key, name the trusted proxies that end TLS, ` +
    'listen on 127.0.0.1, or allow plain HTTP explicitly.'
  );
}

/** Whether an address or name is this machine's loopback. An IPv4 address mapped into IPv6 counts. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  const address = host.replace(/^\[|\]$/g, '');
  return isIP(address) !== 0 && ipaddr.process(address).range() === 'loopback';
}

/**
 * Refuses requests that came in the clear from beyond loopback, but for the health probes, which carry nothing secret. Requests that a
 * trusted proxy says it received by HTTPS pass; `X-Forwarded-Proto` of anyone else is not believed.
 */
export function requireHttps(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    // A request handed over inside the process was on no wire here.
    if (
      'isLightMyRequest' in reply.raw ||
      request.protocol === 'https' ||
      isFromLoopback(request) ||
      isProbe(request)
    ) {
      return done();
    }
    done(new ProblemException(403, { detail: 'HTTPS is required here.' }));
  });
}

function isFromLoopback(request: FastifyRequest): boolean {
  return request.headers['x-forwarded-for'] === undefined && isLoopback(request.socket.remoteAddress ?? '');
}

function isProbe(request: FastifyRequest): boolean {
  return HEALTH_PATHS.has(request.url);
}
