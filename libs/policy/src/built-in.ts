import { ACTIONS } from './actions.js';
import type { AttachedPolicy } from './compile.js';
import { POLICY_VERSION, type PolicyDocument } from './policy-document.js';

/** A policy that every account has from the first day. It can be attached and copied, not changed. */
export interface BuiltInPolicy extends AttachedPolicy {
  readonly description: string;
}

/** The built-in policies, with ids that stay the same in every installation. */
export const BUILT_IN_POLICIES: readonly BuiltInPolicy[] = Object.freeze([
  builtIn('ScrAdministrator', 'Everything, on every resource of the account.', ['scr:*']),
  builtIn('ScrReadOnly', 'Sees everything and pulls every image; changes nothing.', [
    'scr:List*',
    'scr:Show*',
    ACTIONS.LoginContainerRegistry,
    ACTIONS.PullRepositoryImages,
  ]),
  builtIn('ScrPullOnlyAccess', 'Pulls every image of every registry.', [
    ACTIONS.LoginContainerRegistry,
    ACTIONS.PullRepositoryImages,
  ]),
  builtIn('ScrPullPushOnlyAccess', 'Pulls and pushes every image of every registry; deletes nothing.', [
    ACTIONS.LoginContainerRegistry,
    ACTIONS.PullRepositoryImages,
    ACTIONS.PushRepositoryImages,
  ]),
]);

function builtIn(name: string, description: string, actions: readonly string[]): BuiltInPolicy {
  const document: PolicyDocument = {
    Version: POLICY_VERSION,
    Statement: [{ Sid: 'statement1', Effect: 'Allow', Action: actions, Resource: ['*'] }],
  };
  return Object.freeze({ id: name, name, description, document });
}
