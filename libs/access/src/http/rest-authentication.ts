import { Strategy } from 'passport';
import type { FastifyRequest } from 'fastify';
import type { AccessClient } from '../access-client.js';
import type { Principal } from '../principals/principal.js';

/** What answers "who asks?" for one request. */
interface RestAuthentication {
  access: Pick<AccessClient, 'authenticate'>;
  audience: string;
}

// Passport keeps one set of strategies for the process, but several applications may run in it: the request leads to its own client.
const authentications = new WeakMap<object, RestAuthentication>();

/** To be called before the strategies run. */
export function authenticateBy(request: FastifyRequest, authentication: RestAuthentication): void {
  authentications.set(request, authentication);
}

/** Who sends this Authorization header. */
export async function principalOf(request: FastifyRequest): Promise<Principal> {
  const authentication = authentications.get(request);
  if (!authentication) throw new Error('the access guard did not prepare this request');
  const { access, audience } = authentication;
  return access.authenticate(request.headers.authorization, { audience, sourceIp: request.ip || null });
}

/** `Authorization: Bearer` (RFC 6750 §2.1), as a strategy of passport. */
export class BearerAuthorization extends Strategy {
  override readonly name = 'bearer';

  constructor(
    _options: object,
    private readonly verify: (request: FastifyRequest, done: (error: unknown, user?: unknown) => void) => void,
  ) {
    super();
  }

  override authenticate(request: unknown): void {
    const incoming = request as FastifyRequest;
    if (!/^bearer /i.test(incoming.headers.authorization ?? '')) return this.fail('Bearer');
    this.verify(incoming, (error, user) => (error ? this.error(error) : this.success(user as Express.User)));
  }
}
