import { list, object, onlyKeys, PolicyDocumentInvalid } from './document-shape.js';
import { POLICY_LIMITS, POLICY_VERSION, type PolicyDocument, type PolicyStatement } from './policy-document.js';
import { parseStatement } from './statement.js';

/**
 * Reads a policy document that someone wants to save. One value may stand for a list of one; numbers and booleans among condition
 * values become text; a statement without `Sid` is named `statement<its number>`.
 *
 * Throws {@link PolicyDocumentInvalid}, which says where and why: unknown fields, operators, keys, actions and malformed values are
 * refused here, because at evaluation they could only fail closed.
 */
export function parsePolicyDocument(json: unknown): PolicyDocument {
  const source = object(json, '');
  checkSize(source);
  onlyKeys(source, '', ['Version', 'Statement']);
  if (source['Version'] !== POLICY_VERSION) throw new PolicyDocumentInvalid('Version', `must be "${POLICY_VERSION}".`);
  const statements = list(source['Statement'], 'Statement', POLICY_LIMITS.statements);
  const parsed = statements.map((statement, at) => parseStatement(statement, `Statement[${at}]`, `statement${at + 1}`));
  refuseDoubleSids(parsed);
  return { Version: POLICY_VERSION, Statement: parsed };
}

function checkSize(source: object): void {
  let bytes: number;
  try {
    bytes = new TextEncoder().encode(JSON.stringify(source)).length;
  } catch (cause) {
    throw new PolicyDocumentInvalid('', 'is not plain JSON.', { cause });
  }
  if (bytes > POLICY_LIMITS.bytes) {
    throw new PolicyDocumentInvalid('', `has ${bytes} bytes; at most ${POLICY_LIMITS.bytes} are allowed.`);
  }
}

// A decision names its statement by Sid, so two of one name would make it ambiguous.
function refuseDoubleSids(statements: readonly PolicyStatement[]): void {
  const seen = new Set<string>();
  statements.forEach(({ Sid }, at) => {
    if (seen.has(Sid))
      throw new PolicyDocumentInvalid(`Statement[${at}].Sid`, `"${Sid}" is used by an earlier statement.`);
    seen.add(Sid);
  });
}
