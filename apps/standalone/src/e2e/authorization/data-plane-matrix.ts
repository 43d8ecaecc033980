import { beforeAll, describe, expect, it } from '@jest/globals';
import type { RawReply, RegistryClient } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import { type ActorKind, ACTORS, type Actors, answerTo, wrongCredentials } from './actors.js';
import { NAME, prepareImage, SOURCE, type Verb, VERBS } from './data-plane-verbs.js';

type Answered = readonly [actor: string, status: number];

/** Verb × principal, once with Basic and once with a token that was asked for the verb. */
export function dataPlaneMatrix(scene: () => Scene, actors: Actors): void {
  beforeAll(() => prepareImage(scene().root));

  const clientOf = ({ name }: ActorKind): RegistryClient => {
    const client = actors().get(name) as RegistryClient;
    return name === 'a wrong secret' ? client.as({ credentials: wrongCredentials() }) : client;
  };

  const answered = async (client: RegistryClient, actor: ActorKind, verb: Verb): Promise<Answered> => [
    actor.name,
    (await attempt(scene().root, client, verb, expected(verb, actor))).status,
  ];

  describe.each(VERBS.map((verb) => [verb.name, verb] as const))('%s', (_, verb) => {
    it('is allowed to exactly those who may, with Basic', async () => {
      const answers = await Promise.all(ACTORS.map((actor) => answered(clientOf(actor), actor, verb)));
      expect(answers).toEqual(ACTORS.map((actor) => [actor.name, expected(verb, actor)]));
    });

    it('is allowed to exactly those who may, with a token', async () => {
      const known = ACTORS.filter((actor) => actor.known);
      const ask = async (actor: ActorKind) => answered(await withToken(clientOf(actor)), actor, verb);
      const answers = await Promise.all(known.map(ask));
      expect(answers).toEqual(known.map((actor) => [actor.name, expected(verb, actor)]));
    });
  });

  it('the catalog shows an image to exactly those who may pull it', async () => {
    for (const actor of ACTORS.filter(({ known }) => known)) {
      const { repositories } = (await clientOf(actor).get('/v2/_catalog?n=1000')).json<{ repositories: string[] }>();
      expect([actor.name, repositories.includes(NAME)]).toEqual([
        actor.name,
        actor.rights.includes('pull') && !actor.foreign,
      ]);
    }
  });

  it('a refusal says which action is missing, to those who may log in', async () => {
    for (const name of ['login only', 'delete only', 'another repository only']) {
      const reply = await (actors().get(name) as RegistryClient).get(`/v2/${NAME}/manifests/1`);
      expect([reply.status, reply.code]).toEqual([403, 'DENIED']);
      expect(reply.message).toContain('scr:PullRepositoryImages');
    }
    const denied = await (actors().get('administrator who is denied images') as RegistryClient).get(
      `/v2/${NAME}/manifests/1`,
    );
    expect(denied.message).toContain('matrix-deny');
  });

  it('no User-Agent opens anything', async () => {
    const nobody = actors().get('no policy') as RegistryClient;
    for (const agent of ['cosign/v3', 'notation', 'docker/29.0', 'entrepot-scanner', 'Go-http-client/1.1', '']) {
      expect((await nobody.get(`/v2/${NAME}/manifests/1`, { 'user-agent': agent })).status).toBe(403);
    }
  });
}

function expected(verb: Verb, actor: ActorKind): number {
  return answerTo(actor, verb.right, { granted: verb.granted(actor), absent: verb.absent ?? 404 });
}

async function attempt(root: RegistryClient, client: RegistryClient, verb: Verb, status: number): Promise<RawReply> {
  const { method, path, body, headers = {}, happened } = await verb.prepare(root, client);
  const reply = await client.request({ method, path, headers, ...(body === undefined ? {} : { body }) });
  if (status >= 400 && happened) expect([verb.name, status, await happened()]).toEqual([verb.name, status, false]);
  return reply;
}

/** Asked for everything at once; what it may not have is left out of the token. */
async function withToken(client: RegistryClient): Promise<RegistryClient> {
  const scopes = [NAME, SOURCE].map((name) => `repository:${name}:pull,push,delete`);
  return client.as({ login: { bearer: await client.token(...scopes, 'registry:catalog:*') } });
}
