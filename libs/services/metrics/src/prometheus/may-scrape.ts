import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@entrepot/platform-config';
import { isLoopback } from '@entrepot/platform-http';
import type { FastifyRequest } from 'fastify';

/**
 * Whether a request may read the counts of all accounts: it carries the token; where none is configured, it comes from this machine and
 * from no proxy on it.
 */
export function mayScrape(request: Pick<FastifyRequest, 'headers' | 'socket'>, token: Secret | undefined): boolean {
  if (token) return sameText(request.headers.authorization ?? '', `Bearer ${token.reveal()}`);
  const isForwarded = request.headers['x-forwarded-for'] !== undefined || request.headers['forwarded'] !== undefined;
  return !isForwarded && isLoopback(request.socket.remoteAddress ?? '');
}

// Of equal length, so that the time tells nothing.
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
