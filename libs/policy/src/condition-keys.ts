import type { RequestContext } from './request-context.js';

/** How a key's value is to be read. `any` (a tag) may be compared as whatever the policy's author says it is. */
export type KeyType = 'string' | 'date' | 'bool' | 'ip' | 'any';

/** A condition key. `read` gives the request's values as text; none means that the key is missing. */
export interface ConditionKey {
  readonly type: KeyType;
  read(context: RequestContext): readonly string[];
}

const sourceIp: ConditionKey = { type: 'ip', read: (context) => present(context.sourceIp) };

const KEYS: ReadonlyMap<string, ConditionKey> = new Map<string, ConditionKey>([
  ['scr:SourceIp', sourceIp],
  ['scp:SourceIp', sourceIp],
  ['scr:CurrentTime', { type: 'date', read: (context) => [context.now.toISOString()] }],
  ['scr:SecureTransport', { type: 'bool', read: (context) => present(context.secureTransport?.toString()) }],
  ['iam:userName', { type: 'string', read: (context) => [context.principal.name] }],
]);

const TAG_PREFIX = 'scp:PrincipalTag/';

/** Labels have keys of at most 128 characters, so a longer one can never be present. */
const MAX_TAG_KEY = 128;

/** The names to show to someone who wrote another one. */
export const CONDITION_KEY_NAMES: readonly string[] = [...KEYS.keys(), `${TAG_PREFIX}<key>`];

/** Finds a key by its exact name. Null when there is none. */
export function conditionKey(name: string): ConditionKey | null {
  if (!name.startsWith(TAG_PREFIX)) return KEYS.get(name) ?? null;
  const tag = name.slice(TAG_PREFIX.length);
  if (tag.length === 0 || tag.length > MAX_TAG_KEY) return null;
  return { type: 'any', read: (context) => tagValue(context, tag) };
}

// Own properties only: a tag named `constructor` is not on every principal.
function tagValue(context: RequestContext, tag: string): readonly string[] {
  const tags = context.principal.tags;
  return tags && Object.hasOwn(tags, tag) ? present(tags[tag]) : [];
}

function present(value: string | null | undefined): readonly string[] {
  return value === null || value === undefined ? [] : [value];
}
