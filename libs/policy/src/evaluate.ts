import type { Action } from './actions.js';
import type { CompiledPolicies, CompiledStatement } from './compile.js';
import type { RequestContext } from './request-context.js';
import { parseSrn, type SrnFields } from './srn.js';
import { allOf, type Verdict } from './verdict.js';

/** One question: may this principal do this to that, now and from here? */
export interface PolicyRequest {
  readonly action: Action;
  /** An SRN, of the type that the action is checked on. */
  readonly resource: string;
  readonly context: RequestContext;
}

/** Why one statement did or did not take part in a decision. */
export interface TraceEntry {
  readonly policy: string;
  readonly statement: string;
  readonly effect: 'Allow' | 'Deny';
  readonly matched: boolean;
  /** One sentence. */
  readonly why: string;
}

/** The answer, with the statement that made it. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: 'allow' | 'explicit-deny' | 'no-allow';
  /** Name of the deciding policy; null for `no-allow`. */
  readonly policy: string | null;
  /** Its statement's Sid; null for `no-allow`. */
  readonly statement: string | null;
  /** Filled by `explain` only. */
  readonly trace: readonly TraceEntry[];
}

const NO_TRACE: readonly TraceEntry[] = Object.freeze([]);

/**
 * Decides. An explicit Deny beats every Allow; without an Allow the answer is no. What a statement holds that cannot be judged
 * makes an Allow not match and a Deny match.
 *
 * Throws `SrnInvalid` when the resource is no SRN: callers build it with `registrySrn` and its sisters.
 */
export function evaluate(compiled: CompiledPolicies, request: PolicyRequest): Decision {
  const srn = parseSrn(request.resource);
  const candidates = compiled.byAction.get(request.action);
  const applies = (statement: CompiledStatement): boolean =>
    takesPart(statement, judge(statement, srn, request.context));
  const deny = candidates?.denies.find(applies);
  if (deny) return decision('explicit-deny', deny, NO_TRACE);
  const allow = candidates?.allows.find(applies);
  return decision(allow ? 'allow' : 'no-allow', allow ?? null, NO_TRACE);
}

/** Decides exactly as {@link evaluate}, and says of every statement of every policy why it matched or not. */
export function explain(compiled: CompiledPolicies, request: PolicyRequest): Decision {
  const srn = parseSrn(request.resource);
  const trace = compiled.statements.map((statement) => traceOf(statement, srn, request));
  const { reason, policy, statement, allowed } = evaluate(compiled, request);
  return { allowed, reason, policy, statement, trace };
}

function judge(statement: CompiledStatement, srn: SrnFields, context: RequestContext): Verdict {
  const resource = statement.matchesResource(srn);
  if (resource === false) return false;
  const conditions = allOf(statement.conditions, (condition) => condition.test(context));
  return resource === true || conditions === false ? conditions : resource;
}

function takesPart(statement: CompiledStatement, verdict: Verdict): boolean {
  return statement.effect === 'Allow' ? verdict === true : verdict !== false;
}

function decision(reason: Decision['reason'], by: CompiledStatement | null, trace: readonly TraceEntry[]): Decision {
  return { allowed: reason === 'allow', reason, policy: by?.policyName ?? null, statement: by?.sid ?? null, trace };
}

function traceOf(statement: CompiledStatement, srn: SrnFields, request: PolicyRequest): TraceEntry {
  const speaks = statement.actions.has(request.action);
  const verdict = speaks && judge(statement, srn, request.context);
  return {
    policy: statement.policyName,
    statement: statement.sid,
    effect: statement.effect,
    matched: takesPart(statement, verdict),
    why: speaks ? whyOf(statement, srn, request) : `It does not speak about ${request.action}.`,
  };
}

function whyOf(statement: CompiledStatement, srn: SrnFields, request: PolicyRequest): string {
  const resource = statement.matchesResource(srn);
  if (resource === false) return `It does not cover ${request.resource}.`;
  const failed = statement.conditions.find((condition) => condition.test(request.context) === false);
  if (failed) return `Its condition ${failed.text} does not hold.`;
  const closed = statement.effect === 'Allow' ? 'so it grants nothing' : 'so it denies';
  if (resource === 'unknown') return `One of its resources cannot be read, ${closed}.`;
  const unknown = statement.conditions.find((condition) => condition.test(request.context) === 'unknown');
  if (unknown)
    return `Its condition ${unknown.text} cannot be judged, ${closed}. ${unknown.problem ?? 'The request holds a value of another type.'}`;
  return statement.conditions.length > 0 ? 'Action, resource and all conditions match.' : 'Action and resource match.';
}
