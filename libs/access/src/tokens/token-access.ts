import type { AccessEntry } from './token-format.js';

/** What a token may be used for. It narrows: whether the principal still may is decided on each request. */
export interface TokenAccess {
  /** Empty when the token doesn't name it. `name` is compared as the token's scope wrote it. */
  actionsFor(type: 'repository' | 'registry', name: string): ReadonlySet<string>;
  /** Whether the token names it under any type, with or without actions. */
  has(name: string): boolean;
}

const NOTHING: ReadonlySet<string> = new Set();

/** The `access` claim, ready to be asked. Entries of one name add up. */
export function tokenAccess(entries: readonly AccessEntry[]): TokenAccess {
  const byTypeAndName = new Map<string, Set<string>>();
  const names = new Set<string>();
  for (const { type, name, actions } of entries) {
    const key = `${type}:${name}`;
    const held = byTypeAndName.get(key) ?? new Set<string>();
    for (const action of actions) held.add(action);
    byTypeAndName.set(key, held);
    names.add(name);
  }
  return {
    actionsFor: (type, name) => byTypeAndName.get(`${type}:${name}`) ?? NOTHING,
    has: (name) => names.has(name),
  };
}
