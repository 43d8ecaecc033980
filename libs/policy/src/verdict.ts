/**
 * Kleene's three-valued logic. `'unknown'` is what a policy part evaluates to that this release cannot judge: an operator it
 * does not have, a malformed operand, a request value of the wrong type. An Allow needs `true`; a Deny needs only "not `false`".
 */
export type Verdict = boolean | 'unknown';

/** OR: true wins, then unknown. False for nothing. */
export function anyOf<T>(items: readonly T[], judge: (item: T) => Verdict): Verdict {
  let result: Verdict = false;
  for (const item of items) {
    const verdict = judge(item);
    if (verdict === true) return true;
    if (verdict === 'unknown') result = 'unknown';
  }
  return result;
}

/** AND: false wins, then unknown. True for nothing. */
export function allOf<T>(items: readonly T[], judge: (item: T) => Verdict): Verdict {
  let result: Verdict = true;
  for (const item of items) {
    const verdict = judge(item);
    if (verdict === false) return false;
    if (verdict === 'unknown') result = 'unknown';
  }
  return result;
}

/** NOT: unknown stays unknown, so that a negation never turns ignorance into a grant. */
export function not(verdict: Verdict): Verdict {
  return verdict === 'unknown' ? verdict : !verdict;
}
