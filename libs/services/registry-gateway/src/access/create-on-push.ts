import { ensureRepository, type LookupAnswer, type RegistryFacts } from '@entrepot/contracts';
import { ACTIONS, evaluate, registrySrn } from '@entrepot/policy';
import type { PlaneAddress } from '../plane/address.js';
import type { Call } from '../plane/call.js';
import type { Ports } from '../plane/ports.js';
import { contextOf, mayDo } from './authorize.js';

/**
 * Makes the repository that a push names, where the registry creates repositories on push and the caller may push to a repository that does
 * not exist yet and may create one. False when nothing was made: whether that is an error is for `authorize` to say.
 */
export async function createOnPush(
  ports: Ports,
  call: Call,
  name: string,
  { repository }: PlaneAddress,
  facts: LookupAnswer,
): Promise<boolean> {
  const { registry } = facts;
  if (registry === null || facts.repository !== null || !registry.createOnPush) return false;
  if (!mayDo(call, 'push', name, facts) || !mayCreate(call, registry)) return false;
  await ports.writes.check();
  const { registryId } = registry;
  await ports.messages.ask(ensureRepository, { registryId, name: repository, actor: call.principal.principalId });
  return true;
}

/** The action that the management API asks for too. */
function mayCreate(call: Call, { accountId, registryId }: RegistryFacts): boolean {
  const { principal } = call;
  if (principal.kind !== 'key' || principal.accountId !== accountId) return false;
  const resource = registrySrn({ accountId, registryId });
  return evaluate(principal.policies, { action: ACTIONS.CreateRepository, resource, context: contextOf(call) }).allowed;
}
