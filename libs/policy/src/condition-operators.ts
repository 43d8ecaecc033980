import type { KeyType } from './condition-keys.js';
import { asciiLower, globMatches } from './glob.js';
import { parseAddress, parseIpRange, rangeContains } from './ip-range.js';
import { parseBool, parseDate, parseNumber } from './operand.js';
import { compileSrnPattern, splitSrn, srnMatches } from './srn.js';
import type { Verdict } from './verdict.js';

/** Compares one value of the request with the operand it was made from. */
export type Matcher = (actual: string) => Verdict;

/** A condition operator without its set prefix and `IfExists`. */
export interface ConditionOperator {
  readonly type: Exclude<KeyType, 'any'> | 'numeric' | 'srn';
  /** A negated operator holds when *no* operand matches, and when the key is missing. */
  readonly negated: boolean;
  /** Reads an operand of the policy, once. Null when it is malformed. */
  compile(operand: string): Matcher | null;
}

type Pair = (name: string, negatedName: string, operator: Omit<ConditionOperator, 'negated'>) => void;

const OPERATORS = new Map<string, ConditionOperator>();

const pair: Pair = (name, negatedName, operator) => {
  OPERATORS.set(name, { ...operator, negated: false });
  OPERATORS.set(negatedName, { ...operator, negated: true });
};

pair('StringEquals', 'StringNotEquals', { type: 'string', compile: (operand) => (actual) => actual === operand });
pair('StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', { type: 'string', compile: equalsIgnoringCase });
pair('StringLike', 'StringNotLike', {
  type: 'string',
  compile: (operand) => (actual) => globMatches(operand, actual),
});
pair('IpAddress', 'NotIpAddress', { type: 'ip', compile: inRange });
pair('SrnEquals', 'SrnNotEquals', { type: 'srn', compile: likeSrn });
pair('SrnLike', 'SrnNotLike', { type: 'srn', compile: likeSrn });
ordered('Numeric', 'numeric', parseNumber);
ordered('Date', 'date', parseDate);
OPERATORS.set('Bool', { type: 'bool', negated: false, compile: comparing(parseBool, (a, b) => a === b) });

/** Finds an operator by its bare name (`StringEquals`). Null when there is none; `Null` is not among them, it asks about presence. */
export function conditionOperator(name: string): ConditionOperator | null {
  return OPERATORS.get(name) ?? null;
}

/** The bare names, to show to someone who wrote another one. */
export function conditionOperatorNames(): readonly string[] {
  return [...OPERATORS.keys(), 'Null'];
}

/** Whether a key may be compared with an operator: a text comparison of an address, say, would quietly never match a range. */
export function fits(operator: ConditionOperator, keyType: KeyType): boolean {
  return keyType === 'any' || keyType === operator.type;
}

function ordered(prefix: string, type: 'numeric' | 'date', parse: (text: string) => number | null): void {
  const compare = (holds: (actual: number, operand: number) => boolean) => comparing(parse, holds);
  pair(`${prefix}Equals`, `${prefix}NotEquals`, { type, compile: compare((a, b) => a === b) });
  const one = (name: string, holds: (actual: number, operand: number) => boolean): void => {
    OPERATORS.set(`${prefix}${name}`, { type, negated: false, compile: compare(holds) });
  };
  one('LessThan', (a, b) => a < b);
  one('LessThanEquals', (a, b) => a <= b);
  one('GreaterThan', (a, b) => a > b);
  one('GreaterThanEquals', (a, b) => a >= b);
}

function comparing<T>(parse: (text: string) => T | null, holds: (actual: T, operand: T) => boolean) {
  return (operandText: string): Matcher | null => {
    const operand = parse(operandText);
    if (operand === null) return null;
    return (actualText) => {
      const actual = parse(actualText);
      return actual === null ? 'unknown' : holds(actual, operand);
    };
  };
}

function equalsIgnoringCase(operand: string): Matcher {
  const lower = asciiLower(operand);
  return (actual) => asciiLower(actual) === lower;
}

function inRange(operand: string): Matcher | null {
  const range = parseIpRange(operand);
  if (!range) return null;
  return (actual) => {
    const address = parseAddress(actual);
    return address ? rangeContains(range, address) : 'unknown';
  };
}

// Equals and Like are the same here, as for ARNs: fields are compared one by one, wildcards stay inside a field.
function likeSrn(operand: string): Matcher | null {
  const pattern = compileSrnPattern(operand);
  if (pattern.fields === null) return null;
  return (actual) => {
    const fields = splitSrn(actual);
    return fields ? srnMatches(pattern, fields) : 'unknown';
  };
}
