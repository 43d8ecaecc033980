import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The header that carries a request's id, in both directions. */
export const REQUEST_ID_HEADER = 'x-request-id';

// Long enough for a UUID with a prefix or a trace context; no character that a log or a shell would read as anything else.
const SAFE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The id that a proxy before us gave, if it is safe to repeat; else a new one. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && SAFE.test(given) ? given : randomUUID();
}
