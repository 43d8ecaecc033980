import type { RequestContext } from '@entrepot/policy';
import type { FastifyRequest } from 'fastify';
import type { KeyPrincipal } from '../principals/principal.js';

/** What conditions of policies may ask about a control-plane request: the same as the data plane tells of its own. */
export function requestContextOf(
  { ip, protocol }: Pick<FastifyRequest, 'ip' | 'protocol'>,
  { principalId, name }: Pick<KeyPrincipal, 'principalId' | 'name'>,
  now: Date,
): RequestContext {
  return { sourceIp: ip || null, now, principal: { id: principalId, name }, secureTransport: protocol === 'https' };
}
