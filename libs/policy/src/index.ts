export { ACTIONS, ALL_ACTIONS, isAction, resourceTypeOf, type Action, type ResourceType } from './actions.js';
export { BUILT_IN_POLICIES, type BuiltInPolicy } from './built-in.js';
export { compilePolicies, type AttachedPolicy, type CompiledPolicies } from './compile.js';
export {
  decideAccess,
  LOGIN_REQUIRED,
  REFUSED,
  refuseUnknownRegistry,
  type AccessDecision,
  type AccessPrincipal,
  type AccessRequest,
  type DataPlaneVerb,
} from './decide-access.js';
export { PolicyDocumentInvalid } from './document-shape.js';
export { parsePolicyDocument } from './document.js';
export { evaluate, explain, type Decision, type PolicyRequest, type TraceEntry } from './evaluate.js';
export { lockRefusal, type LockedOperation, type LockRefusal, type LockState } from './lock.js';
export { POLICY_LIMITS, POLICY_VERSION, type PolicyDocument, type PolicyStatement } from './policy-document.js';
export { quotaRefusal, type QuotaKind, type QuotaRefusal, type QuotaRequest } from './quota.js';
export type { RequestContext } from './request-context.js';
export { accountSrn, registrySrn, repositorySrn, SrnInvalid, type SrnPlace } from './srn.js';
