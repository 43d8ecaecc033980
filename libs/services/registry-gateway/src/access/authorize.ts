import { tokenScopeOf } from '@entrepot/access';
import type { LookupAnswer, RegistryFacts, RepositoryFacts } from '@entrepot/contracts';
import { ImageName, oci } from '@entrepot/oci';
import { type AccessDecision, type DataPlaneVerb, decideAccess, REFUSED } from '@entrepot/policy';
import type { Call } from '../plane/call.js';
import { challenge } from './challenge.js';

/** Where a request leads and that its caller may do what it asks there. */
export interface Granted extends LookupAnswer {
  readonly registry: RegistryFacts;
  readonly repository: RepositoryFacts;
}

/** The actions that a challenge for each verb asks a token for, as docker does: a push also reads. */
const SCOPE_OF: Record<Exclude<DataPlaneVerb, 'login' | 'catalog'>, string> = {
  pull: 'pull',
  push: 'pull,push',
  delete: 'delete',
};

export type ImageVerb = keyof typeof SCOPE_OF;

/** No registry or repository has this id: only a policy that covers every one of them matches it. */
const NOWHERE = '-';

/**
 * Decides from facts and policies, and only then tells whether the place exists. Throws 401, 403 or `NAME_UNKNOWN`; who may not use a
 * place hears the same whether it exists or not. `missingIsFine`: a repository that does not exist is not an error for this request.
 */
export function authorize(call: Call, verb: ImageVerb, name: string, facts: LookupAnswer): Granted {
  const seen = seenBy(call.principal, facts);
  const decision = decide(call, verb, name, seen);
  if (decision.kind !== 'allow' && !isAskedInVain(call, name, seen, decision)) {
    throw refusal(call, verb, name, facts, decision);
  }
  if (seen.registry === null) throw oci.nameUnknown(unknownRegistry(name));
  if (seen.repository === null) throw oci.nameUnknown(unknownRepository(call, name));
  return seen as Granted;
}

/** As `authorize`, but answers null for a place that does not exist and that the caller might read if it did. */
export function authorizeIfThere(call: Call, verb: ImageVerb, name: string, facts: LookupAnswer): Granted | null {
  const seen = seenBy(call.principal, facts);
  if (seen.registry !== null && seen.repository !== null) return authorize(call, verb, name, facts);
  const decision = decide(call, verb, name, seen);
  if (decision.kind !== 'allow' && !isAskedInVain(call, name, seen, decision)) {
    throw refusal(call, verb, name, facts, decision);
  }
  return null;
}

/**
 * Whether the policies allow it, and only the token does not: it was asked for a registry that is not there, on which none is ever granted.
 * Another would be no better, so its holder hears that nothing is there.
 */
function isAskedInVain(call: Call, name: string, seen: LookupAnswer, { kind }: AccessDecision): boolean {
  return kind === 'insufficient-scope' && seen.registry === null && call.principal.tokenAccess?.has(name) === true;
}

/** The bare decision, for a question that is not the request's own: the source of a mount. */
export function mayDo(call: Call, verb: ImageVerb, name: string, facts: LookupAnswer): boolean {
  return decide(call, verb, name, facts).kind === 'allow';
}

/**
 * Whether the caller may pull from the source of a mount. Throws 401 `insufficient_scope`, naming both scopes, when the policies allow it and
 * the token was not asked for it: the client comes back with one that was. https://github.com/distribution/distribution/blob/main/docs/content/spec/auth/scope.md
 */
export function mayMountFrom(call: Call, target: string, source: string, facts: LookupAnswer): boolean {
  const seen = seenBy(call.principal, facts);
  const decision = decide(call, 'pull', source, seen);
  if (decision.kind === 'insufficient-scope' && !call.principal.tokenAccess?.has(source)) {
    throw challenge(call, decision.message, scopeOf(call, 'push', target), 'insufficient_scope');
  }
  return decision.kind === 'allow' && seen.registry !== null;
}

const NOTHING_THERE: LookupAnswer = { registry: null, repository: null, image: null, manifest: null, blob: null };

/**
 * What the caller may know of a place. To a key of another account a registry, or a repository, without public content is one that does not
 * exist: whoever may do everything in its own account would else be told 403 here and 404 there.
 */
function seenBy(principal: Call['principal'], facts: LookupAnswer): LookupAnswer {
  const { registry, repository } = facts;
  if (registry === null || principal.kind !== 'key' || principal.accountId === registry.accountId) return facts;
  const isPublic =
    registry.visibility === 'public' || (registry.publicRepositoriesAllowed && repository?.visibility === 'public');
  return isPublic ? facts : NOTHING_THERE;
}

/** What to ask a token for: the request's own scope and, for a mount, the source's. */
function scopeOf(call: Call, verb: ImageVerb, name: string): string {
  const own = `repository:${name}:${SCOPE_OF[verb]}`;
  const source = call.query.has('mount') ? wellFormed(call.query.get('from')) : null;
  return source === null ? own : `${own} repository:${source}:pull`;
}

/** Only a name of the grammar may stand in a header. */
function wellFormed(name: string | null): string | null {
  try {
    return name && ImageName.parse(name).value;
  } catch {
    return null;
  }
}

function decide(call: Call, verb: ImageVerb, name: string, facts: LookupAnswer): AccessDecision {
  const { principal } = call;
  const registry = facts.registry ?? {
    accountId: principal.kind === 'key' ? principal.accountId : NOWHERE,
    registryId: NOWHERE,
    visibility: 'private' as const,
    publicRepositoriesAllowed: false,
  };
  return decideAccess({
    verb,
    principal,
    registry,
    repository: facts.repository,
    tokenScope: tokenScopeOf(principal, 'repository', name),
    context: contextOf(call),
  });
}

export function contextOf(call: Call) {
  const { principal } = call;
  return {
    sourceIp: call.sourceIp,
    now: call.now,
    principal: { id: principal.principalId, name: principal.kind === 'key' ? principal.name : 'anonymous' },
    secureTransport: call.scheme === 'https',
  };
}

function refusal(
  call: Call,
  verb: ImageVerb,
  name: string,
  facts: LookupAnswer,
  decision: Exclude<AccessDecision, { kind: 'allow' }>,
) {
  notePlace(call, name, facts);
  const scope = scopeOf(call, verb, name);
  if (decision.kind === 'unauthenticated') {
    call.record.rule = 'unauthenticated';
    // A token that holds nothing here was asked for and refused; asking again would go round for ever.
    if (call.principal.tokenAccess?.has(name)) return oci.denied(REFUSED);
    return challenge(call, decision.message, scope);
  }
  if (decision.kind === 'insufficient-scope') {
    call.record.rule = 'insufficient-scope';
    return challenge(call, decision.message, scope, 'insufficient_scope');
  }
  call.record.rule = decision.rule;
  return oci.denied(decision.message);
}

/** For the events: refusals are told to the owner of a registry that exists. */
function notePlace(call: Call, name: string, { registry }: LookupAnswer): void {
  if (registry === null) return;
  const [repository = null, ...image] = name.split('/').slice(call.addressing.style === 'path' ? 1 : 0);
  const { accountId, registryId } = registry;
  call.record.place = { accountId, registryId, repository, image: image.join('/') || null };
}

function unknownRegistry(name: string): string {
  const [registry = name] = name.split('/');
  return `there is no registry "${registry}": create it with POST /api/v1/registries {"name":"${registry}"}, or write the name of one that exists, such as demo`;
}

function unknownRepository(call: Call, name: string): string {
  const segments = name.split('/');
  const repository = segments[call.addressing.style === 'path' ? 1 : 0] ?? name;
  const where = call.addressing.style === 'path' ? `registry "${segments[0]}"` : 'this registry';
  return `there is no repository "${repository}" in ${where}: create it first, with POST /api/v1/registries/<registry id>/repositories {"name":"${repository}"}`;
}
