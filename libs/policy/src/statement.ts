import { actionPatternProblem } from './action-pattern.js';
import { compileCondition } from './condition.js';
import { POLICY_LIMITS, type PolicyStatement } from './policy-document.js';
import { list, object, onlyKeys, PolicyDocumentInvalid, texts } from './document-shape.js';
import { splitSrn } from './srn.js';

const FIELDS = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

type Source = Readonly<Record<string, unknown>>;
type Lists = Pick<PolicyStatement, 'Action' | 'NotAction' | 'Resource' | 'NotResource'>;

/** Reads one statement. Throws {@link PolicyDocumentInvalid}. */
export function parseStatement(json: unknown, path: string, defaultSid: string): PolicyStatement {
  const source = object(json, path);
  if ('Principal' in source) {
    throw new PolicyDocumentInvalid(
      `${path}.Principal`,
      'belongs to resource-based policies; attach the policy to a principal instead.',
    );
  }
  onlyKeys(source, path, FIELDS);
  return {
    Sid: sid(source['Sid'] ?? defaultSid, `${path}.Sid`),
    Effect: effect(source['Effect'], `${path}.Effect`),
    ...oneOf(source, path, 'Action', 'NotAction', actionPatternProblem),
    ...oneOf(source, path, 'Resource', 'NotResource', resourceProblem),
    ...(source['Condition'] === undefined ? {} : { Condition: conditions(source['Condition'], `${path}.Condition`) }),
  };
}

function sid(value: unknown, path: string): string {
  if (typeof value === 'string' && /^[A-Za-z0-9+=,.@_ -]{1,128}$/.test(value)) return value;
  throw new PolicyDocumentInvalid(path, 'must be 1 to 128 letters, digits, spaces or + = , . @ _ -.');
}

function effect(value: unknown, path: string): 'Allow' | 'Deny' {
  if (value === 'Allow' || value === 'Deny') return value;
  throw new PolicyDocumentInvalid(path, 'must be "Allow" or "Deny".');
}

function oneOf<A extends keyof Lists, B extends keyof Lists>(
  source: Source,
  path: string,
  positive: A,
  negative: B,
  problemOf: (pattern: string) => string | null,
): Lists {
  const given = [positive, negative].filter((name) => source[name] !== undefined);
  const [name] = given;
  if (name === undefined || given.length > 1) {
    throw new PolicyDocumentInvalid(path, `must have exactly one of ${positive} and ${negative}.`);
  }
  const patterns = texts(source[name], `${path}.${name}`, POLICY_LIMITS.valuesPerList);
  patterns.forEach((pattern, at) => {
    const problem = problemOf(pattern);
    if (problem) throw new PolicyDocumentInvalid(`${path}.${name}[${at}]`, problem);
  });
  return { [name]: patterns };
}

// Plain ASCII alone, so that no look-alike letter hides in a name; no `${…}`, which other products would replace and we do not.
function resourceProblem(pattern: string): string | null {
  if (pattern === '*') return null;
  if (!/^[A-Za-z0-9_.\-:/*?]{1,512}$/.test(pattern)) return 'may hold only ASCII letters, digits and _ . - : / * ?.';
  if (splitSrn(pattern)) return null;
  return 'must be "*" or an SRN of eight fields, such as srn:e::123456789012:::scr:repository/<registry id>/*.';
}

function conditions(json: unknown, path: string): NonNullable<PolicyStatement['Condition']> {
  const result: Record<string, Record<string, readonly string[]>> = {};
  for (const [operator, keys] of Object.entries(object(json, path))) {
    const operands: Record<string, readonly string[]> = {};
    for (const [key, values] of Object.entries(object(keys, `${path}.${operator}`))) {
      operands[key] = conditionValues(values, operator, key, `${path}.${operator}.${key}`);
    }
    if (Object.keys(operands).length === 0)
      throw new PolicyDocumentInvalid(`${path}.${operator}`, 'must name at least one key.');
    result[operator] = operands;
  }
  return result;
}

function conditionValues(json: unknown, operator: string, key: string, path: string): readonly string[] {
  const entries = list(Array.isArray(json) ? json : [json], path, POLICY_LIMITS.valuesPerList);
  const values = entries.map((entry, at) => conditionValue(entry, `${path}[${at}]`));
  const { problem } = compileCondition(operator, key, values);
  if (problem) throw new PolicyDocumentInvalid(path, `is refused: ${problem}`);
  return values;
}

function conditionValue(value: unknown, path: string): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') throw new PolicyDocumentInvalid(path, 'must be a text, a number or true/false.');
  if (value.includes('${'))
    throw new PolicyDocumentInvalid(path, 'holds a policy variable; variables are not supported.');
  return value;
}
