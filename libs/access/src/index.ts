export { AccessClient, type AccessLogger, type AuthenticateOptions } from './access-client.js';
export { BoundedCache } from './bounded-cache.js';
export {
  audienceOfHost,
  hostConfig,
  registryOfHost,
  type HostAddress,
  type HostConfig,
  type HostSettings,
} from './hosts/host-addressing.js';
export { parseBasic, type BasicCredentials } from './principals/basic-credentials.js';
export { type AccessMessages } from './principals/messages.port.js';
export {
  anonymous,
  tokenScopeOf,
  type AnonymousPrincipal,
  type KeyPrincipal,
  type Principal,
} from './principals/principal.js';
export { tokenAccess, type TokenAccess } from './tokens/token-access.js';
export {
  ACCESS_TOKEN_SECONDS,
  ANONYMOUS,
  MAX_TOKEN_LENGTH,
  MAX_TOKEN_SCOPES,
  TOKEN_ALGORITHM,
  TOKEN_ISSUER,
  TOKEN_LEEWAY_SECONDS,
  TOKEN_TYPE,
  type AccessEntry,
} from './tokens/token-format.js';
export { AccessGuard, HOST_CONFIG } from './http/access.guard.js';
export { AccessHttpModule } from './http/access-http.module.js';
export { ownAccount } from './http/account-resource.js';
export { CurrentPrincipal } from './http/current-principal.decorator.js';
export {
  Authenticated,
  Public,
  Requires,
  type ResourceOf,
  type ResourceResolver,
  type RouteDecision,
} from './http/decision.decorators.js';
export { requestContextOf } from './http/request-context.js';
export { routeDecisions } from './http/route-decisions.js';
