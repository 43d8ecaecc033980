import { describe, expect, it } from '@jest/globals';
import { ALL_ACTIONS, isAction, resourceTypeOf } from './actions.js';
import { BUILT_IN_POLICIES } from './built-in.js';
import { compilePolicies } from './compile.js';
import { parsePolicyDocument } from './document.js';
import { evaluate } from './evaluate.js';
import { repositorySrn } from './srn.js';

const granted = (name: string): string[] => {
  const compiled = compilePolicies(BUILT_IN_POLICIES.filter((policy) => policy.name === name));
  const resource = repositorySrn({ accountId: '1', registryId: 'r', repositoryId: 'p' });
  const context = { sourceIp: null, now: new Date(0), principal: { id: 'k', name: 'k' } };
  return ALL_ACTIONS.filter((action) => evaluate(compiled, { action, resource, context }).allowed);
};

describe('the built-in policies', () => {
  it('are documents that could be saved as they are', () => {
    for (const { document } of BUILT_IN_POLICIES) {
      expect(parsePolicyDocument(JSON.parse(JSON.stringify(document)))).toEqual(document);
    }
  });

  it('ScrAdministrator grants every action', () => {
    expect(granted('ScrAdministrator')).toEqual(ALL_ACTIONS);
  });

  it('ScrPullOnlyAccess grants login and pull, ScrPullPushOnlyAccess also push', () => {
    expect(granted('ScrPullOnlyAccess')).toEqual(['scr:LoginContainerRegistry', 'scr:PullRepositoryImages']);
    expect(granted('ScrPullPushOnlyAccess')).toEqual([
      'scr:LoginContainerRegistry',
      'scr:PullRepositoryImages',
      'scr:PushRepositoryImages',
    ]);
  });

  it('ScrReadOnly grants what lists and shows, login and pull, and nothing else', () => {
    const actions = granted('ScrReadOnly');
    expect(actions.filter((action) => !/^scr:(List|Show)/.test(action))).toEqual(granted('ScrPullOnlyAccess'));
    expect(actions).toEqual(expect.arrayContaining(ALL_ACTIONS.filter((action) => /^scr:(List|Show)/.test(action))));
  });
});

describe('actions', () => {
  it('are known by exactly their own spelling and have a resource type', () => {
    expect(isAction('scr:PullRepositoryImages')).toBe(true);
    expect(isAction('scr:pullRepositoryImages')).toBe(false);
    expect(isAction('scr:constructor')).toBe(false);
    expect(resourceTypeOf('scr:LoginContainerRegistry')).toBe('container-registry');
    expect(resourceTypeOf('scr:PushRepositoryImages')).toBe('repository');
    expect(resourceTypeOf('scr:CreateAccessKey')).toBe('account');
  });
});
