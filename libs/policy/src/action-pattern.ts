import { ALL_ACTIONS, type Action } from './actions.js';
import { asciiLower, globMatches } from './glob.js';

/** The service code that users of the cloud's own documents may write for `scr:`. */
const ALIAS = 'container-registry:';

const LOWER: readonly (readonly [Action, string])[] = ALL_ACTIONS.map((action) => [action, asciiLower(action)]);

/** The actions that a pattern names. Not case-sensitive; `*` and `?` as in `scr:List*`; `container-registry:` is `scr:`. */
export function actionsMatching(pattern: string): readonly Action[] {
  const lower = asciiLower(pattern);
  const glob = lower.startsWith(ALIAS) ? `scr:${lower.slice(ALIAS.length)}` : lower;
  return LOWER.filter(([, name]) => globMatches(glob, name)).map(([action]) => action);
}

/** What is wrong with an action pattern that someone wants to save, as a sentence; null when nothing is. */
export function actionPatternProblem(pattern: string): string | null {
  if (!/^[A-Za-z0-9:*?-]{1,128}$/.test(pattern)) return 'must be 1 to 128 ASCII letters, digits, : - * or ?.';
  // A misspelt action in a Deny would protect nothing, and nobody would notice.
  return actionsMatching(pattern).length > 0
    ? null
    : `${JSON.stringify(pattern)} names no action; scr:PullRepositoryImages is one.`;
}
