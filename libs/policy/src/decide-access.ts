import { ACTIONS, type Action } from './actions.js';
import type { CompiledPolicies } from './compile.js';
import { evaluate, type Decision } from './evaluate.js';
import type { RequestContext } from './request-context.js';
import { registrySrn, repositorySrn, type SrnPlace } from './srn.js';

/** What a request of the data plane wants. `catalog` lists the repositories of one registry. */
export type DataPlaneVerb = 'login' | 'pull' | 'push' | 'delete' | 'catalog';

/** Who asks. A key brings the policies of its own account. */
export type AccessPrincipal =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'key';
      readonly id: string;
      readonly name: string;
      readonly policies: CompiledPolicies;
      readonly accountId: string;
    };

/** All that a decision depends on. */
export interface AccessRequest {
  readonly verb: DataPlaneVerb;
  readonly principal: AccessPrincipal;
  readonly registry: {
    readonly accountId: string;
    readonly registryId: string;
    readonly visibility: 'public' | 'private';
    readonly publicRepositoriesAllowed: boolean;
  } & SrnPlace;
  /** Null when it does not exist (or the verb needs none): then only grants that would cover any new repository count. */
  readonly repository: { readonly repositoryId: string; readonly visibility: 'public' | 'private' } | null;
  /** `'basic'` for Basic credentials or none; else the actions that the token holds for this name. */
  readonly tokenScope: 'basic' | ReadonlySet<string>;
  readonly context: RequestContext;
}

/**
 * The decision, and the answer it stands for. `message` may be sent to the client. `rule` is for the log and for metrics only: on
 * identical refusals it differs, so it must not reach the client.
 */
export type AccessDecision =
  | { readonly kind: 'allow' }
  /** 401 with a challenge: says nothing of what exists. */
  | { readonly kind: 'unauthenticated'; readonly message: string }
  /** 401 `insufficient_scope`: the principal may, this token does not say so. */
  | { readonly kind: 'insufficient-scope'; readonly message: string }
  /** 403. */
  | { readonly kind: 'denied'; readonly rule: string; readonly message: string };

/** What everyone hears who may not log in to a registry, whether it or the repository exists or not. */
export const REFUSED =
  'Access refused: it does not exist, or this access key may not use it. Ask the owner of the registry to grant it.';

/** What an anonymous client hears, whatever it asked for. */
export const LOGIN_REQUIRED = 'Authentication required: log in with an access key and its secret.';

/** No repository has this id, so only patterns that cover every repository of the registry match it. */
const NO_REPOSITORY = '-';

const ALLOW: AccessDecision = Object.freeze({ kind: 'allow' });

type Key = Extract<AccessPrincipal, { kind: 'key' }>;
type GuardedVerb = Exclude<DataPlaneVerb, 'login'>;

const ACTION: Readonly<Record<GuardedVerb, Action>> = {
  pull: ACTIONS.PullRepositoryImages,
  push: ACTIONS.PushRepositoryImages,
  delete: ACTIONS.DeleteRepositoryImages,
  catalog: ACTIONS.ListRepositories,
};

/** The action of a token's `access` entry that a verb needs: `registry:catalog:*` for the catalog. */
const SCOPE_ACTION: Readonly<Record<GuardedVerb, string>> = {
  pull: 'pull',
  push: 'push',
  delete: 'delete',
  catalog: '*',
};

/**
 * Decides a request of the data plane: principal, public content, account, IAM, then the token's scope. Network rules, lock, quota
 * and pull limit are asked elsewhere. The same function decides at token time (with `tokenScope: 'basic'`) and on each request.
 *
 * An `allow` with `repository: null` means "would be allowed": the caller still answers `NAME_UNKNOWN`.
 */
export function decideAccess(request: AccessRequest): AccessDecision {
  const { principal } = request;
  if (principal.kind === 'anonymous') return decideAnonymous(request);
  const login = loginDecision(request, principal);
  const own = principal.accountId === request.registry.accountId;
  if (request.verb === 'login') return own && login.allowed ? ALLOW : refused(own ? ruleOf(login) : 'account');
  const decision = verbDecision(request, principal, request.verb);
  const forbidden = login.reason === 'explicit-deny' || decision.reason === 'explicit-deny';
  if (isPublicPull(request) && !forbidden) return withScope(request, request.verb);
  if (!own) return refused('account');
  if (!login.allowed) return refused(ruleOf(login));
  return decision.allowed ? withScope(request, request.verb) : denied(request, principal, request.verb, decision);
}

/** The answer where there is no registry of the name asked for: the same words as where there is one that the principal may not use. */
export function refuseUnknownRegistry(principal: AccessPrincipal): AccessDecision {
  if (principal.kind === 'anonymous') return { kind: 'unauthenticated', message: LOGIN_REQUIRED };
  return refused('registry-unknown');
}

function decideAnonymous(request: AccessRequest): AccessDecision {
  if (request.verb !== 'login' && isPublicPull(request)) return withScope(request, request.verb);
  return { kind: 'unauthenticated', message: LOGIN_REQUIRED };
}

function isPublicPull({ verb, registry, repository }: AccessRequest): boolean {
  if (verb !== 'pull') return false;
  return (
    registry.visibility === 'public' || (registry.publicRepositoriesAllowed && repository?.visibility === 'public')
  );
}

function loginDecision({ registry, context }: AccessRequest, principal: Key): Decision {
  const resource = registrySrn(registry);
  return evaluate(principal.policies, { action: ACTIONS.LoginContainerRegistry, resource, context });
}

function verbDecision(request: AccessRequest, principal: Key, verb: GuardedVerb): Decision {
  const resource = resourceOf(request, verb);
  return evaluate(principal.policies, { action: ACTION[verb], resource, context: request.context });
}

function resourceOf({ registry, repository }: AccessRequest, verb: GuardedVerb): string {
  if (verb === 'catalog') return registrySrn(registry);
  return repositorySrn({ ...registry, repositoryId: repository?.repositoryId ?? NO_REPOSITORY });
}

// Asked last: a client that may not do it at all would else fetch token after token.
function withScope({ tokenScope }: AccessRequest, verb: GuardedVerb): AccessDecision {
  const needed = SCOPE_ACTION[verb];
  if (tokenScope === 'basic' || tokenScope.has(needed) || tokenScope.has('*')) return ALLOW;
  return {
    kind: 'insufficient-scope',
    message: `The token does not hold "${needed}" for this name: request one with that scope.`,
  };
}

function refused(rule: string): AccessDecision {
  return { kind: 'denied', rule, message: REFUSED };
}

function ruleOf({ reason, policy, statement }: Decision): string {
  return policy === null ? `iam:${reason}` : `iam:${reason}:${policy}/${statement}`;
}

function denied(request: AccessRequest, principal: Key, verb: GuardedVerb, decision: Decision): AccessDecision {
  const what =
    request.repository || verb === 'catalog' ? resourceOf(request, verb) : 'a repository that does not exist yet';
  const message =
    decision.policy === null
      ? `No policy of access key "${principal.name}" allows ${ACTION[verb]} on ${what}: attach one that does.`
      : `Policy "${decision.policy}", statement "${decision.statement}", denies ${ACTION[verb]} on ${what}.`;
  return { kind: 'denied', rule: ruleOf(decision), message };
}
