import type { CompiledPolicies } from '@entrepot/policy';
import type { TokenAccess } from '../tokens/token-access.js';
import { ANONYMOUS } from '../tokens/token-format.js';

/** Someone who did not log in; with a token when one was issued for public content. */
export interface AnonymousPrincipal {
  readonly kind: 'anonymous';
  readonly principalId: typeof ANONYMOUS;
  /** Null without a token. */
  readonly tokenAccess: TokenAccess | null;
}

/** The holder of an access key. It can be passed to `decideAccess` as it is. */
export interface KeyPrincipal {
  readonly kind: 'key';
  /** The same as `principalId`, under the name that `libs/policy` reads. */
  readonly id: string;
  /** The access key's id. */
  readonly principalId: string;
  /** The user's name. */
  readonly name: string;
  readonly accountId: string;
  /** As of the account's current epoch. */
  readonly policies: CompiledPolicies;
  /** Null for Basic: then nothing narrows what the policies allow. */
  readonly tokenAccess: TokenAccess | null;
}

/** Who asks. */
export type Principal = AnonymousPrincipal | KeyPrincipal;

/** Nobody logged in and no token was shown. */
export const anonymous: AnonymousPrincipal = Object.freeze({
  kind: 'anonymous',
  principalId: ANONYMOUS,
  tokenAccess: null,
});

/** What `decideAccess` takes as `tokenScope`: `'basic'` where no token narrows the principal, else the token's actions for this name. */
export function tokenScopeOf(
  principal: Principal,
  type: 'repository' | 'registry',
  name: string,
): 'basic' | ReadonlySet<string> {
  return principal.tokenAccess ? principal.tokenAccess.actionsFor(type, name) : 'basic';
}
