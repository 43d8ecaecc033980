import { applyDecorators, SetMetadata, type Type } from '@nestjs/common';
import { ApiBasicAuth, ApiBearerAuth, ApiForbiddenResponse, ApiUnauthorizedResponse } from '@nestjs/swagger';
import type { Action } from '@entrepot/policy';
import type { FastifyRequest } from 'fastify';
import type { KeyPrincipal } from '../principals/principal.js';

/** The SRN that an action is checked on, from the request and who asks. */
export type ResourceOf = (request: FastifyRequest, principal: KeyPrincipal) => string | Promise<string>;

/** The same as a provider, where the resource must be looked up first. It may throw a 404. */
export interface ResourceResolver {
  resourceOf: ResourceOf;
}

/** Who may use a route. */
export type RouteDecision =
  | { readonly kind: 'public' }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'requires'; readonly action: Action; readonly resource: ResourceOf | Type<ResourceResolver> };

/** Metadata key of a route's {@link RouteDecision}. */
export const ROUTE_DECISION = 'entrepot:route-decision';

const decide = (decision: RouteDecision) => SetMetadata(ROUTE_DECISION, decision);

const told = () => [
  ApiBasicAuth(),
  ApiBearerAuth(),
  ApiUnauthorizedResponse({ description: 'Who asks is not known.' }),
];

/** Everybody may, without logging in. */
export function Public() {
  return decide({ kind: 'public' });
}

/** Every holder of an enabled access key may; what is answered depends on who asks. */
export function Authenticated() {
  return applyDecorators(decide({ kind: 'authenticated' }), ...told());
}

/** Whose policies allow the action on the resource may: a function of the request, or a provider that looks the resource up. */
export function Requires(action: Action, resource: ResourceOf | Type<ResourceResolver>) {
  const forbidden = ApiForbiddenResponse({ description: `No policy allows ${action}.` });
  return applyDecorators(decide({ kind: 'requires', action, resource }), ...told(), forbidden);
}
