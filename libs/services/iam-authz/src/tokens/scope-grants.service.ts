import type { AccessEntry, HostAddress, KeyPrincipal } from '@entrepot/access';
import { lookup, type LookupAnswer, type LookupQuestion } from '@entrepot/contracts';
import { OciError, parseImageAddress, splitRegistrySegment } from '@entrepot/oci';
import { decideAccess, type AccessPrincipal, type DataPlaneVerb, type RequestContext } from '@entrepot/policy';
import type { IamMessages } from '../ports.js';
import type { RequestedScope } from './scope.js';

/** Who asks for a token, and from where. */
export interface GrantRequest {
  principal: AccessPrincipal | KeyPrincipal;
  host: HostAddress;
  scopes: readonly RequestedScope[];
  sourceIp: string | null;
  now: Date;
}

const REPOSITORY_VERBS: readonly DataPlaneVerb[] = ['pull', 'push', 'delete'];

/** Registry-wide names: the catalog, whose content is filtered for the caller, and the control plane, where each route decides. */
const REGISTRY_NAMES: ReadonlySet<string> = new Set(['catalog', 'api']);

/** A client waits for its token; the catalog answers in milliseconds. */
const DEADLINE = { deadlineMs: 3_000 };

/** Decides which of the asked rights a token may carry. */
export class ScopeGrants {
  constructor(private readonly messages: IamMessages) {}

  /**
   * The rights that the principal has, of those asked: each scope stands in the answer, with no actions where none is granted, so that a
   * verifier can tell "asked and refused" from "not asked". Throws what the bus throws when the catalog can't be heard.
   */
  async grant(request: GrantRequest): Promise<AccessEntry[]> {
    const places = await this.#lookUp(request);
    return request.scopes.map((scope, at) => ({
      type: scope.type,
      name: scope.name,
      actions:
        scope.type === 'registry' ? registryActions(scope, request) : repositoryActions(scope, request, places[at]),
    }));
  }

  // All scopes travel in one message; those whose name can't exist are not asked about.
  async #lookUp({ scopes, host }: GrantRequest): Promise<(LookupAnswer | undefined)[]> {
    const questions = scopes.map((scope) => questionOf(scope, host));
    const asked = questions.filter((question) => question !== null);
    if (asked.length === 0) return [];
    const { answers } = await this.messages.ask(lookup, { questions: asked }, DEADLINE);
    let next = 0;
    return questions.map((question) => (question ? answers[next++] : undefined));
  }
}

function questionOf({ type, name }: RequestedScope, host: HostAddress): LookupQuestion | null {
  if (type !== 'repository') return null;
  try {
    const { registry, repository, image } = parseImageAddress(name, host.style);
    const segment = registry === null ? null : splitRegistrySegment(registry);
    const registryId = host.style === 'host' ? host.registryId : (segment?.id ?? null);
    const registryName = registryId === null ? (segment?.name ?? null) : null;
    return { kind: 'name', registryId, registryName, repository, image, tag: null, digest: null };
  } catch (error) {
    // A token grants nothing on a name that can't exist; the data plane says what is wrong with it.
    if (error instanceof OciError) return null;
    throw error;
  }
}

function registryActions({ name, actions }: RequestedScope, { principal }: GrantRequest): string[] {
  const granted = principal.kind === 'key' && REGISTRY_NAMES.has(name) && actions.includes('*');
  return granted ? ['*'] : [];
}

function repositoryActions(scope: RequestedScope, request: GrantRequest, place: LookupAnswer | undefined): string[] {
  if (scope.type !== 'repository' || !place?.registry) return [];
  const { principal, now, sourceIp } = request;
  const { registry, repository } = place;
  const asked = scope.actions.includes('*')
    ? REPOSITORY_VERBS
    : REPOSITORY_VERBS.filter((verb) => scope.actions.includes(verb));
  const context = contextOf(principal, sourceIp, now);
  return asked.filter(
    (verb) => decideAccess({ verb, principal, registry, repository, tokenScope: 'basic', context }).kind === 'allow',
  );
}

// A token only narrows, and the data plane decides each request anew with what it sees itself. So what isn't known here, whether the
// connection was TLS, is taken as it must be off loopback.
function contextOf(principal: AccessPrincipal, sourceIp: string | null, now: Date): RequestContext {
  const who =
    principal.kind === 'key' ? { id: principal.id, name: principal.name } : { id: 'anonymous', name: 'anonymous' };
  return { sourceIp, now, principal: who, secureTransport: true };
}
