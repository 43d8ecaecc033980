import { describe, expect, it } from '@jest/globals';
import { type KeyPrincipal, tokenAccess } from '@entrepot/access';
import type { LookupAnswer } from '@entrepot/contracts';
import { OciError } from '@entrepot/oci';
import { compilePolicies } from '@entrepot/policy';
import type { Call } from '../plane/call.js';
import { authorize, authorizeIfThere, type ImageVerb, mayDo, mayMountFrom } from './authorize.js';

const NAME = 'demo/apps/hello';
const OWNER = '000000000001';
const OTHER = '000000000002';
const NOTHING: LookupAnswer = { registry: null, repository: null, image: null, manifest: null, blob: null };

function placeWith({ registry = 'private', repositories = false, repository = 'private' } = {}): LookupAnswer {
  return {
    ...NOTHING,
    registry: {
      registryId: '0193a0c2d4e87b0f9a1c3e5d7f90b2a4',
      accountId: OWNER,
      name: 'demo',
      visibility: registry as 'private',
      publicRepositoriesAllowed: repositories,
      createOnPush: true,
      state: 'Running',
    },
    repository: {
      repositoryId: '0193a0c2d4e97c1f8b2d4f6e8a01c3b5',
      visibility: repository as 'private',
      locked: false,
      state: 'Active',
    },
  };
}

function callOf(accountId: string, actions: readonly string[], scopes: string[] | null = null): Call {
  const statement = { Sid: 's', Effect: 'Allow' as const, Action: actions, Resource: ['*', `srn:e::${OWNER}:::scr:*`] };
  const document = { Version: '2024-07-01' as const, Statement: [statement] };
  const principal: KeyPrincipal = {
    kind: 'key',
    id: 'EK',
    principalId: 'EK',
    name: 'tester',
    accountId,
    policies: compilePolicies([{ id: 'p', name: 'p', document }]),
    tokenAccess: scopes && tokenAccess([{ type: 'repository', name: NAME, actions: scopes }]),
  };
  const call = { principal, addressing: { style: 'path' }, sourceIp: '127.0.0.1', now: new Date(), scheme: 'http' };
  return { ...call, query: new URLSearchParams(), record: {}, host: 'localhost' } as unknown as Call;
}

function answer(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return { code: error.code, status: error.status, message: error.message, headers: error.headers };
  }
}

const VERBS: ImageVerb[] = ['pull', 'push', 'delete'];
const RIGHTS = [['scr:*'], ['scr:LoginContainerRegistry', 'scr:PullRepositoryImages'], ['scr:PullRepositoryImages']];

describe('a place of another account', () => {
  it.each(RIGHTS.map((actions) => [actions]))('is answered for as an absent one to who has %j', (actions) => {
    for (const verb of VERBS) {
      for (const scopes of [null, [], ['pull'], ['pull', 'push', 'delete']]) {
        const ask = (facts: LookupAnswer) => answer(() => authorize(callOf(OTHER, actions, scopes), verb, NAME, facts));
        expect(ask(placeWith())).toEqual(ask(NOTHING));
        const look = (facts: LookupAnswer) =>
          answer(() => authorizeIfThere(callOf(OTHER, actions, scopes), verb, NAME, facts));
        expect(look(placeWith())).toEqual(look(NOTHING));
      }
    }
  });

  it('is neither read, written nor mounted from by who may do everything in its own, and names the SRNs of that one', () => {
    const call = callOf(OTHER, ['scr:*']);
    expect(answer(() => authorize(call, 'pull', NAME, placeWith()))).toMatchObject({ code: 'NAME_UNKNOWN' });
    expect(VERBS.map((verb) => mayDo(call, verb, NAME, placeWith()))).toEqual([false, false, false]);
    expect(mayMountFrom(call, 'other/apps/hello', NAME, placeWith())).toBe(false);
    expect(mayMountFrom(callOf(OWNER, ['scr:*']), 'other/apps/hello', NAME, placeWith())).toBe(true);
  });

  it.each([
    ['its registry is public', { registry: 'public' }],
    ['its repository is, in a registry that allows it', { repositories: true, repository: 'public' }],
  ])('is no secret when %s: pulls are let in, and the rest is refused', (_, how) => {
    const call = callOf(OTHER, ['scr:*']);
    expect(authorize(call, 'pull', NAME, placeWith(how)).registry.name).toBe('demo');
    for (const verb of ['push', 'delete'] as const) {
      expect(answer(() => authorize(call, verb, NAME, placeWith(how)))).toMatchObject({ code: 'DENIED', status: 403 });
    }
  });

  it('is absent also to a token that was asked for it in vain, and to one for another name insufficient', () => {
    for (const facts of [placeWith(), NOTHING]) {
      const ask = (call: Call) => answer(() => authorize(call, 'pull', NAME, facts));
      expect(ask(callOf(OTHER, ['scr:*'], []))).toMatchObject({ code: 'NAME_UNKNOWN' });
      expect(ask(callOf(OTHER, [], []))).toMatchObject({ code: 'DENIED' });
      const elsewhere = callOf(OTHER, ['scr:*'], []);
      (elsewhere.principal as { tokenAccess: unknown }).tokenAccess = tokenAccess([]);
      expect(ask(elsewhere)).toMatchObject({ code: 'UNAUTHORIZED' });
    }
  });

  it('is hidden when its repository only calls itself public', () => {
    const ask = (facts: LookupAnswer) => answer(() => authorize(callOf(OTHER, ['scr:*']), 'pull', NAME, facts));
    expect(ask(placeWith({ repository: 'public' }))).toEqual(ask(NOTHING));
  });
});
