import { CONDITION_KEY_NAMES, conditionKey, type ConditionKey } from './condition-keys.js';
import {
  conditionOperator,
  conditionOperatorNames,
  fits,
  type ConditionOperator,
  type Matcher,
} from './condition-operators.js';
import { parseBool } from './operand.js';
import type { RequestContext } from './request-context.js';
import { allOf, anyOf, not, type Verdict } from './verdict.js';

/** One (operator, key, operands) of a statement, ready to be asked about any request. */
export interface CompiledCondition {
  /** For the trace: `IpAddress scr:SourceIp [10.0.0.0/8]`. */
  readonly text: string;
  /** Why it can't be judged, as a sentence; null when it can. Refused when a policy is saved, `'unknown'` when one is evaluated. */
  readonly problem: string | null;
  test(context: RequestContext): Verdict;
}

type Quantifier = 'ForAnyValue' | 'ForAllValues' | null;

/** An operator's name taken apart: `ForAnyValue:StringLikeIfExists`. */
interface OperatorName {
  readonly quantifier: Quantifier;
  readonly base: string;
  readonly ifExists: boolean;
}

/** Compiles one condition. Never throws: what cannot be understood is kept, with its `problem`, and fails closed. */
export function compileCondition(
  operatorText: string,
  keyName: string,
  operands: readonly string[],
): CompiledCondition {
  const text = `${operatorText} ${keyName} [${operands.join(', ')}]`;
  const unknown = (problem: string): CompiledCondition => ({ text, problem, test: () => 'unknown' });
  const key = conditionKey(keyName);
  if (!key)
    return unknown(`Unknown condition key ${JSON.stringify(keyName)}; known are ${CONDITION_KEY_NAMES.join(', ')}.`);
  if (operatorText === 'Null') return compileNull(text, key, operands);
  const name = splitOperator(operatorText);
  const operator = conditionOperator(name.base);
  if (!operator) {
    return unknown(
      `Unknown condition operator ${JSON.stringify(operatorText)}; known are ${conditionOperatorNames().join(', ')}.`,
    );
  }
  if (!fits(operator, key.type))
    return unknown(`${operatorText} compares ${operator.type} values, but ${keyName} is of type ${key.type}.`);
  return compileComparison(text, name, operator, key, operands);
}

function splitOperator(text: string): OperatorName {
  const [, prefix, rest = ''] = /^(?:(ForAnyValue|ForAllValues):)?(.*)$/s.exec(text) ?? [];
  const ifExists = rest.endsWith('IfExists');
  return {
    quantifier: (prefix as Quantifier | undefined) ?? null,
    base: ifExists ? rest.slice(0, -'IfExists'.length) : rest,
    ifExists,
  };
}

// `Null: true` holds when the key is missing, `Null: false` when it is there.
function compileNull(text: string, key: ConditionKey, operands: readonly string[]): CompiledCondition {
  const wanted = operands.map(parseBool);
  const bad = wanted.indexOf(null);
  return {
    text,
    problem: bad < 0 ? null : malformed(operands[bad]),
    test: (context) => {
      const missing = key.read(context).length === 0;
      return anyOf(wanted, (value) => (value === null ? 'unknown' : value === missing));
    },
  };
}

function compileComparison(
  text: string,
  name: OperatorName,
  operator: ConditionOperator,
  key: ConditionKey,
  operands: readonly string[],
): CompiledCondition {
  const matchers = operands.map((operand) => operator.compile(operand));
  const bad = matchers.indexOf(null);
  const usable: readonly Matcher[] = matchers.map((matcher) => matcher ?? (() => 'unknown' as const));
  return {
    text,
    problem: bad < 0 ? null : malformed(operands[bad]),
    test: (context) => judgeValues(name, operator.negated, usable, key.read(context)),
  };
}

function malformed(operand: string | undefined): string {
  return `${JSON.stringify(operand)} is not a value that this operator can compare with.`;
}

/**
 * Judges the request's values against the operands: several operands are alternatives (for a negated operator: none may match).
 * A missing key makes a positive operator false and a negated one true; `IfExists` and `ForAllValues` are true of it, `ForAnyValue` false.
 */
export function judgeValues(
  name: { quantifier: Quantifier; ifExists: boolean },
  negated: boolean,
  matchers: readonly Matcher[],
  actuals: readonly string[],
): Verdict {
  if (actuals.length === 0) {
    if (name.ifExists || name.quantifier === 'ForAllValues') return true;
    return name.quantifier === null && negated;
  }
  const holds = (actual: string): Verdict => {
    const matched = anyOf(matchers, (matcher) => matcher(actual));
    return negated ? not(matched) : matched;
  };
  const every = name.quantifier === 'ForAllValues' || (name.quantifier === null && negated);
  return every ? allOf(actuals, holds) : anyOf(actuals, holds);
}
