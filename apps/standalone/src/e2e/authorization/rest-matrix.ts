import { beforeAll, describe, expect, it } from '@jest/globals';
import type { RegistryClient } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import { type ActorKind, ACTORS, type Actors, wrongCredentials } from './actors.js';
import { prepareRest, REST_VERBS, type RestScene, type RestVerb } from './rest-verbs.js';

/** Management route × principal, with Basic, with a management token, and with a token that is only good for images. */
export function restMatrix(scene: () => Scene, actors: Actors): void {
  let met: RestScene | null = null;
  beforeAll(async () => {
    met = await prepareRest(scene());
  });
  const clientOf = ({ name }: ActorKind): RegistryClient => {
    const client = actors().get(name) as RegistryClient;
    return name === 'a wrong secret' ? client.as({ credentials: wrongCredentials() }) : client;
  };
  const attempt = async (client: RegistryClient, verb: RestVerb): Promise<number> => {
    const { path, body } = await verb.prepare(met as RestScene);
    return (await client.json(verb.method, path, body)).status;
  };

  describe.each(REST_VERBS.map((verb) => [verb.name, verb] as const))('%s', (_, verb) => {
    it('is allowed to exactly those who may', async () => {
      const ask = async (actor: ActorKind) => [actor.name, await attempt(clientOf(actor), verb)];
      const answers = await Promise.all(ACTORS.map(ask));
      expect(answers).toEqual(ACTORS.map((actor) => [actor.name, expected(verb, actor)]));
    });

    it('takes a token for management, and none for images', async () => {
      const administrator = actors().get('administrator') as RegistryClient;
      const management = administrator.as({ login: { bearer: await administrator.token('registry:api:*') } });
      expect(await attempt(management, verb)).toBe(verb.granted);
      const images = await administrator.token('repository:demo/apps/matrix:pull,push,delete');
      expect(await attempt(administrator.as({ login: { bearer: images } }), verb)).toBe(401);
    });
  });
}

function expected(verb: RestVerb, actor: ActorKind): number {
  if (!actor.known) return 401;
  return verb.right === null || actor.rights.includes(verb.right) ? verb.granted : 403;
}
