import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { RegistryClient } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import { type ActorKind, ACTORS, type Actors, answerTo, wrongCredentials } from './actors.js';
import { prepareRest } from './catalog-verbs.js';
import type { RestScene, RestVerb } from './rest-verb.js';
import { REST_VERBS } from './rest-verbs.js';

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
      expect(answers).toEqual(ACTORS.map((actor) => [actor.name, answerTo(actor, verb.right, verb)]));
    });

    it('takes a token for management, and none for images', async () => {
      const mighty = actors().get('root') as RegistryClient;
      const management = mighty.as({ login: { bearer: await mighty.token('registry:api:*') } });
      expect(await attempt(management, verb)).toBe(verb.granted);
      const images = await mighty.token('repository:demo/apps/matrix:pull,push,delete');
      expect(await attempt(mighty.as({ login: { bearer: images } }), verb)).toBe(401);
    });
  });

  it('has no route that is not walked here', async () => {
    const attempts = await Promise.all(
      REST_VERBS.map(async ({ method, prepare }) => `${method} ${(await prepare(met as RestScene)).path}`),
    );
    const unwalked = managementRoutes().filter((route) => !attempts.some((made) => patternOf(route).test(made)));
    expect(unwalked).toEqual([]);
  });
}

/** As the generated document tells them: `GET /api/v1/users/{userId}`. */
function managementRoutes(): string[] {
  const file = new URL('../../../../../docs/openapi/entrepot.json', import.meta.url);
  const { paths } = JSON.parse(readFileSync(file, 'utf8')) as { paths: Record<string, object> };
  return Object.entries(paths)
    .filter(([path]) => path.startsWith('/api/'))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
}

function patternOf(route: string): RegExp {
  return new RegExp(`^${route.replaceAll(/\{[^}]+\}/g, '[^/?]+')}(\\?.*)?$`);
}
