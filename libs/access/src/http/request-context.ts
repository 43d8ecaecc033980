import type { RequestContext } from '@entrepot/policy';
import type { FastifyRequest } from 'fastify';
import type { KeyPrincipal } from '../principals/principal.js';

/** What conditions of policies may ask about a control-plane request: the same as the data plane tells of its own. */
export function requestContextOf(
  request: Pick<FastifyRequest, 'ip' | 'protocol' | 'headers' | 'raw'>,
  { principalId, name }: Pick<KeyPrincipal, 'principalId' | 'name'>,
  now: Date,
): RequestContext {
  const sourceIp = request.ip || null;
  return { sourceIp, now, principal: { id: principalId, name }, secureTransport: cameByTls(request) };
}

/** A request that the gateway passed on was on no wire here; the gateway has replaced the header by what it saw itself. */
function cameByTls({ protocol, headers, raw }: Pick<FastifyRequest, 'protocol' | 'headers' | 'raw'>): boolean {
  return isExchanged(raw) ? headers['x-forwarded-proto'] === 'https' : protocol === 'https';
}

function isExchanged(raw: object): boolean {
  return (raw as { isLightMyRequest?: boolean }).isLightMyRequest === true;
}
