import { addressOf, questionAbout } from '../plane/address.js';
import type { Call } from '../plane/call.js';
import type { Ports } from '../plane/ports.js';
import { authorize, type Granted, type ImageVerb } from './authorize.js';
import { createOnPush } from './create-on-push.js';

/** The image that a write concerns: authorised, with the ids that the catalog will check again in the write's own transaction. */
export interface Target {
  readonly granted: Granted;
  readonly scope: { registryId: string; repositoryId: string; image: string; actor: string };
}

export async function targetOf(ports: Ports, call: Call, verb: ImageVerb, name: string): Promise<Target> {
  const address = addressOf(name, call.addressing);
  const question = questionAbout(address, 'name');
  const facts = await ports.lookups.ask(question);
  const created = verb === 'push' && (await createOnPush(ports, call, name, address, facts));
  // Authorised anew, by the id that it has now.
  const granted = authorize(call, verb, name, created ? await ports.lookups.ask(question) : facts);
  return {
    granted,
    scope: {
      registryId: granted.registry.registryId,
      repositoryId: granted.repository.repositoryId,
      image: address.image,
      actor: call.principal.principalId,
    },
  };
}
