import { Inject, Injectable, type ExecutionContext, type Type } from '@nestjs/common';
import { ModuleRef, Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { OciError } from '@entrepot/oci';
import { forbidden, HEALTH_PATHS, noteAccess, ProblemException, unauthorized } from '@entrepot/platform-http';
import { evaluate, type Decision } from '@entrepot/policy';
import type { FastifyRequest } from 'fastify';
import { AccessClient } from '../access-client.js';
import { audienceOfHost, registryOfHost, type HostConfig } from '../hosts/host-addressing.js';
import type { KeyPrincipal, Principal } from '../principals/principal.js';
import { ROUTE_DECISION, type ResourceOf, type ResourceResolver, type RouteDecision } from './decision.decorators.js';
import { requestContextOf } from './request-context.js';
import { authenticateBy } from './rest-authentication.js';
import { REST_STRATEGIES } from './strategies.js';

/** Injection token of the {@link HostConfig}. */
export const HOST_CONFIG = Symbol('host config');

const CHALLENGE = { 'www-authenticate': 'Basic realm="entrepot", charset="UTF-8"' };

/**
 * Lets a control-plane request in when its route's decision says so. Deny by default: a route without a decision is refused. It runs for HTTP
 * only; messages are guarded by the bus.
 */
@Injectable()
export class AccessGuard extends AuthGuard(REST_STRATEGIES) {
  constructor(
    private readonly reflector: Reflector,
    private readonly modules: ModuleRef,
    private readonly access: AccessClient,
    @Inject(HOST_CONFIG) private readonly hosts: HostConfig,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest & { user?: Principal }>();
    const decision = this.#decisionOf(context, request);
    if (decision.kind === 'public') return true;
    authenticateBy(request, { access: this.access, audience: this.#audienceOf(request) });
    await super.canActivate(context);
    const principal = loggedIn(request.user);
    noteAccess(request, { principal: principal.principalId });
    if (decision.kind === 'requires') await this.#decide(decision, request, principal);
    return true;
  }

  /** What became of the strategies; `false` when none of them recognised the header. */
  override handleRequest<User = Principal>(error: unknown, user: User | false): User {
    if (error instanceof OciError && error.status === 401) throw unauthorized(error.message, { headers: CHALLENGE });
    if (error) throw error;
    if (!user) throw unauthorized('Log in with an access key and its secret.', { headers: CHALLENGE });
    return user;
  }

  #decisionOf(context: ExecutionContext, request: FastifyRequest): RouteDecision {
    if (HEALTH_PATHS.has(request.url.split('?', 1)[0] ?? '')) return { kind: 'public' };
    const targets = [context.getHandler(), context.getClass()];
    const decision = this.reflector.getAllAndOverride<RouteDecision | undefined>(ROUTE_DECISION, targets);
    if (!decision) throw forbidden('Nobody may use this route: it has no access rule.');
    return decision;
  }

  #audienceOf({ host }: FastifyRequest): string {
    const audience = audienceOfHost(host);
    if (audience === null || !registryOfHost(host, this.hosts)) {
      throw new ProblemException(421, { detail: 'This installation does not answer for that host.' });
    }
    return audience;
  }

  async #decide(
    { action, resource }: RouteDecision & { kind: 'requires' },
    request: FastifyRequest,
    principal: KeyPrincipal,
  ): Promise<void> {
    const srn = await this.#resolverOf(resource)(request, principal);
    const context = requestContextOf(request, principal, new Date());
    const verdict = evaluate(principal.policies, { action, resource: srn, context });
    if (!verdict.allowed) throw forbidden(sentenceOf(verdict, action, srn), { code: 'DENIED' });
  }

  #resolverOf(resource: (RouteDecision & { kind: 'requires' })['resource']): ResourceOf {
    if (!isResolver(resource)) return resource;
    const resolver = this.modules.get(resource, { strict: false });
    return (request, principal) => resolver.resourceOf(request, principal);
  }
}

// A token made for pulling one image must not manage the account: the control plane has a scope of its own.
function loggedIn(principal: Principal | undefined): KeyPrincipal {
  if (principal?.kind !== 'key')
    throw unauthorized('Log in with an access key and its secret.', { headers: CHALLENGE });
  const { tokenAccess } = principal;
  if (tokenAccess && !tokenAccess.actionsFor('registry', 'api').has('*')) {
    const challenge = { 'www-authenticate': 'Bearer error="insufficient_scope", scope="registry:api:*"' };
    throw unauthorized('The token does not hold the scope registry:api:*.', { headers: challenge });
  }
  return principal;
}

function isResolver(resource: ResourceOf | Type<ResourceResolver>): resource is Type<ResourceResolver> {
  return 'resourceOf' in ((resource.prototype as object | undefined) ?? {});
}

function sentenceOf({ policy, statement }: Decision, action: string, srn: string): string {
  if (policy === null) return `No policy of yours allows ${action} on ${srn}.`;
  return `Policy "${policy}", statement "${statement}", denies ${action} on ${srn}.`;
}
