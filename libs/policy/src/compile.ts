import { actionsMatching } from './action-pattern.js';
import { ALL_ACTIONS, type Action } from './actions.js';
import { compileCondition, type CompiledCondition } from './condition.js';
import type { PolicyDocument, PolicyStatement } from './policy-document.js';
import { compileSrnPattern, srnMatchesAny, type SrnFields, type SrnPattern } from './srn.js';
import { not, type Verdict } from './verdict.js';

/** A policy as attached to a principal. */
export interface AttachedPolicy {
  readonly id: string;
  readonly name: string;
  readonly document: PolicyDocument;
}

/** One statement, ready to be asked. */
export interface CompiledStatement {
  readonly policyId: string;
  readonly policyName: string;
  readonly sid: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: ReadonlySet<Action>;
  readonly conditions: readonly CompiledCondition[];
  matchesResource(srn: SrnFields): Verdict;
}

/** The statements that speak about one action. */
export interface StatementsOfAction {
  readonly denies: readonly CompiledStatement[];
  readonly allows: readonly CompiledStatement[];
}

/** A principal's policies, ready for any number of decisions. Immutable: a change of policy is a new value under a new epoch. */
export interface CompiledPolicies {
  readonly statements: readonly CompiledStatement[];
  readonly byAction: ReadonlyMap<Action, StatementsOfAction>;
}

/**
 * Compiles the policies of a principal once. Never throws for what a stored document holds: parts that this release does not
 * understand make an Allow not match and a Deny match.
 *
 * Policies are sorted by name, so that the same set decides (and names the deciding one) the same, in whatever order it was read.
 */
export function compilePolicies(policies: readonly AttachedPolicy[]): CompiledPolicies {
  const sorted = policies.toSorted((a, b) => compareText(a.name, b.name) || compareText(a.id, b.id));
  const statements = sorted.flatMap((policy) =>
    policy.document.Statement.map((statement, at) => compileStatement(policy, statement, at)),
  );
  return Object.freeze({ statements, byAction: indexByAction(statements) });
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compileStatement(policy: AttachedPolicy, statement: PolicyStatement, at: number): CompiledStatement {
  return {
    policyId: policy.id,
    policyName: policy.name,
    sid: statement.Sid ?? `statement${at + 1}`,
    effect: statement.Effect === 'Allow' ? 'Allow' : 'Deny',
    actions: actionsOf(statement),
    conditions: conditionsOf(statement),
    matchesResource: resourceMatcher(statement),
  };
}

// Saving refuses such a statement; one that is stored all the same must not become "all actions" by the absence of a list.
function isWhole({ Action, NotAction, Resource, NotResource }: PolicyStatement): boolean {
  return (
    (Action === undefined) !== (NotAction === undefined) && (Resource === undefined) !== (NotResource === undefined)
  );
}

function actionsOf(statement: PolicyStatement): ReadonlySet<Action> {
  if (!isWhole(statement)) return new Set(ALL_ACTIONS);
  const named = new Set((statement.Action ?? statement.NotAction ?? []).flatMap(actionsMatching));
  return statement.Action ? named : new Set(ALL_ACTIONS.filter((action) => !named.has(action)));
}

function resourceMatcher(statement: PolicyStatement): (srn: SrnFields) => Verdict {
  if (!isWhole(statement)) return () => 'unknown';
  const patterns: readonly SrnPattern[] = (statement.Resource ?? statement.NotResource ?? []).map(compileSrnPattern);
  if (statement.Resource) return (srn) => srnMatchesAny(patterns, srn);
  return (srn) => not(srnMatchesAny(patterns, srn));
}

function conditionsOf(statement: PolicyStatement): readonly CompiledCondition[] {
  return Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => compileCondition(operator, key, values)),
  );
}

function indexByAction(statements: readonly CompiledStatement[]): ReadonlyMap<Action, StatementsOfAction> {
  const index = new Map<Action, { denies: CompiledStatement[]; allows: CompiledStatement[] }>();
  for (const statement of statements) {
    for (const action of statement.actions) {
      const entry = index.get(action) ?? { denies: [], allows: [] };
      (statement.effect === 'Deny' ? entry.denies : entry.allows).push(statement);
      index.set(action, entry);
    }
  }
  return index;
}
