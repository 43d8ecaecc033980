import { describe, expect, it, jest } from '@jest/globals';
import type { KeyPrincipal } from '@entrepot/access';
import type { LookupAnswer } from '@entrepot/contracts';
import { ACTIONS, compilePolicies } from '@entrepot/policy';
import { addressOf } from '../plane/address.js';
import type { Call } from '../plane/call.js';
import type { Ports } from '../plane/ports.js';
import { createOnPush } from './create-on-push.js';

const NAME = 'demo/fresh/hello';
const ALL = [ACTIONS.LoginContainerRegistry, ACTIONS.PushRepositoryImages, ACTIONS.CreateRepository];
const registry = {
  registryId: '0193a0c2d4e87b0f9a1c3e5d7f90b2a4',
  accountId: '000000000001',
  name: 'demo',
  visibility: 'private' as const,
  publicRepositoriesAllowed: false,
  createOnPush: true,
  state: 'Running',
};
const missing: LookupAnswer = { registry, repository: null, image: null, manifest: null, blob: null };
const there = {
  repositoryId: '0193a0c2d4e97c1f8b2d4f6e8a01c3b5',
  visibility: 'private' as const,
  locked: false,
  state: 'Active',
};

function principalWith(actions: readonly string[], accountId = registry.accountId): KeyPrincipal {
  const document = {
    Version: '2024-07-01' as const,
    Statement: [{ Sid: 's', Effect: 'Allow' as const, Action: [...actions], Resource: ['*'] }],
  };
  const policies = compilePolicies([{ id: 'p', name: 'p', document }]);
  return { kind: 'key', id: 'EK', principalId: 'EK', name: 'tester', accountId, policies, tokenAccess: null };
}

async function attempt(principal: Call['principal'], facts = missing) {
  const ask = jest.fn(async () => ({ repositoryId: there.repositoryId }));
  const check = jest.fn(async () => undefined);
  const ports = { messages: { ask }, writes: { check } } as unknown as Ports;
  const call = { principal, addressing: { style: 'path' }, sourceIp: '127.0.0.1', now: new Date(), scheme: 'http' };
  const address = addressOf(NAME, { style: 'path' });
  const created = await createOnPush(ports, call as Call, NAME, address, facts);
  return { created, asked: ask.mock.calls.length, checked: check.mock.calls.length };
}

const NOTHING = { created: false, asked: 0, checked: 0 };

describe('creating a repository on push', () => {
  it.each(ALL)('is not done for who may do everything but %s', async (action) => {
    expect(await attempt(principalWith(ALL.filter((each) => each !== action)))).toEqual(NOTHING);
  });

  it('is not done for nobody-in-particular, nor for another account', async () => {
    const anonymous = { kind: 'anonymous' as const, principalId: 'anonymous' as const, tokenAccess: null };
    expect(await attempt(anonymous)).toEqual(NOTHING);
    expect(await attempt(principalWith(ALL, '000000000002'))).toEqual(NOTHING);
  });

  it('is not done where the registry does not, where the repository is there, or where there is no registry', async () => {
    const principal = principalWith(ALL);
    expect(await attempt(principal, { ...missing, registry: { ...registry, createOnPush: false } })).toEqual(NOTHING);
    expect(await attempt(principal, { ...missing, repository: there })).toEqual(NOTHING);
    expect(await attempt(principal, { ...missing, registry: null })).toEqual(NOTHING);
  });

  it('asks the catalog, once writes are taken at all', async () => {
    expect(await attempt(principalWith(ALL))).toEqual({ created: true, asked: 1, checked: 1 });
  });
});
