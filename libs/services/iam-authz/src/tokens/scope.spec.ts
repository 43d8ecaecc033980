import { describe, expect, it } from '@jest/globals';
import { parseScopes } from './scope.js';

describe('parseScopes', () => {
  it('takes repeated parameters, spaces between scopes, and both', () => {
    expect(parseScopes(['repository:a/b/c:pull repository:d/e/f:push', 'registry:catalog:*'])).toEqual([
      { type: 'repository', name: 'a/b/c', actions: ['pull'] },
      { type: 'repository', name: 'd/e/f', actions: ['push'] },
      { type: 'registry', name: 'catalog', actions: ['*'] },
    ]);
  });

  it('splits at the first and the last colon, so a name may hold a port', () => {
    expect(parseScopes(['repository:localhost:5000/a/b:pull,push'])).toEqual([
      { type: 'repository', name: 'localhost:5000/a/b', actions: ['pull', 'push'] },
    ]);
  });

  it('joins scopes of one resource and drops repetitions', () => {
    expect(parseScopes(['repository:a:pull,pull', 'repository:a:push,pull'])).toEqual([
      { type: 'repository', name: 'a', actions: ['pull', 'push'] },
    ]);
  });

  it('reads a class of content as no part of the type', () => {
    expect(parseScopes(['repository(plugin):a/b:pull'])[0]).toMatchObject({ type: 'repository', name: 'a/b' });
  });

  it('reads none as none, and no actions as none', () => {
    expect(parseScopes([])).toEqual([]);
    expect(parseScopes(['', '  '])).toEqual([]);
    expect(parseScopes(['repository:a:'])).toEqual([{ type: 'repository', name: 'a', actions: [] }]);
  });

  it.each(['repository', 'repository:a', ':a:pull', 'repository::pull'])('refuses %j', (text) => {
    expect(() => parseScopes([text])).toThrow(expect.objectContaining({ status: 400 }));
  });

  it('bounds the count, the length and the actions', () => {
    const scopes = (count: number) => Array.from({ length: count }, (_, i) => `repository:a${i}:pull`);
    expect(parseScopes(scopes(64))).toHaveLength(64);
    expect(() => parseScopes(scopes(65))).toThrow(/64 are allowed/);
    expect(() => parseScopes([`repository:${'a'.repeat(7_000)}:pull`])).toThrow(/characters/);
    const actions = Array.from({ length: 17 }, (_, i) => `a${i}`).join(',');
    expect(() => parseScopes([`repository:a:${actions}`])).toThrow(/16 actions/);
  });
});
