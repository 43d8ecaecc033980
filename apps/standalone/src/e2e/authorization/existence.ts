import { beforeAll, describe, expect, it } from '@jest/globals';
import { aManifest, type RawReply, type RegistryClient, someBytes } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import type { Actors } from './actors.js';

const IMAGE = aManifest({ seed: 'existence' });
const LAYER = IMAGE.blobs[1]?.digest ?? '';
/** Names of one length: the first exists, then an image, a repository and a registry are missing. */
const NAMES = ['demo/apps/hidden', 'demo/apps/absent', 'demo/nope/absent', 'nope/apps/absent'] as const;
const UPLOAD = '0193a0c2-d4e8-7b0f-9a1c-3e5d7f90b2a4';

const QUESTIONS: [string, string, string][] = [
  ['a manifest by tag', 'GET', 'manifests/1'],
  ['a tag that is not there', 'GET', 'manifests/none'],
  ['a manifest by digest', 'GET', `manifests/${IMAGE.digest}`],
  ['HEAD of a manifest', 'HEAD', 'manifests/1'],
  ['a blob', 'GET', `blobs/${LAYER}`],
  ['HEAD of a blob', 'HEAD', `blobs/${LAYER}`],
  ['tags', 'GET', 'tags/list'],
  ['referrers', 'GET', `referrers/${IMAGE.digest}`],
  ['opening an upload', 'POST', 'blobs/uploads/'],
  ['a mount', 'POST', `blobs/uploads/?mount=${LAYER}&from=some/apps/source`],
  ['an upload session', 'GET', `blobs/uploads/${UPLOAD}`],
  ['a push', 'PUT', 'manifests/2'],
  ['deleting a tag', 'DELETE', 'manifests/1'],
  ['deleting a blob', 'DELETE', `blobs/${LAYER}`],
];

const REFUSED: ReadonlyMap<string, readonly number[]> = new Map([
  ['anonymous', [401]],
  ['no policy', [403]],
  ['rights without login', [403]],
  // Where it would be let in in its own account nothing is there, which for referrers is an empty list.
  ['root of another account', [404, 200]],
  ['pull only of another account', [404, 403, 200]],
]);

/** Who may not use a place hears the same whether it exists or not, byte for byte, by Basic, token or nothing. */
export function existence(scene: () => Scene, actors: Actors): void {
  beforeAll(() => scene().root.pushImage(NAMES[0], IMAGE, ['1']));

  describe.each([...REFUSED])('to %s', (kind, refused) => {
    it.each(QUESTIONS)('is not told by %s', async (_, method, rest) => {
      for (const client of await waysOf(actors().get(kind) as RegistryClient, kind)) {
        const answers: unknown[] = [];
        for (const name of NAMES) {
          const body = method === 'PUT' ? { body: IMAGE.bytes, headers: { 'content-type': IMAGE.mediaType } } : {};
          answers.push(normalised(await client.request({ method, path: `/v2/${name}/${rest}`, ...body }), name));
        }
        expect(answers).toEqual(answers.map(() => answers[0]));
        expect(refused).toContain((answers[0] as { status: number }).status);
      }
    });
  });

  it.each(['no policy', 'root of another account'])('is not told to %s by the token endpoint', async (kind) => {
    const nobody = actors().get(kind) as RegistryClient;
    const endpoint = await nobody.tokenEndpoint();
    for (const credentials of [nobody.options.credentials, null]) {
      const answers = await Promise.all(
        NAMES.map(async (name) => {
          const reply = await endpoint.get([`repository:${name}:pull,push,delete`], credentials);
          const { access_token: token } = reply.json<{ access_token: string }>();
          const { access } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
            access: unknown;
          };
          return { status: reply.status, access: JSON.stringify(access).replaceAll(name, 'NAME') };
        }),
      );
      expect(answers).toEqual(answers.map(() => answers[0]));
    }
  });

  it('of a blob elsewhere in the registry is not told by a mount', async () => {
    const { root } = scene();
    const client = actors().get('another repository only') as RegistryClient;
    const hidden = await client.post(`/v2/demo/charts/probe/blobs/uploads/?mount=${LAYER}`);
    const nothing = await client.post(
      `/v2/demo/charts/probe/blobs/uploads/?mount=sha256:${someBytes(32, 1).toString('hex')}`,
    );
    const named = await client.post(`/v2/demo/charts/probe/blobs/uploads/?mount=${LAYER}&from=${NAMES[0]}`);
    expect([hidden.status, nothing.status, named.status]).toEqual([202, 202, 202]);
    expect((await root.get(`/v2/demo/charts/probe/blobs/${LAYER}`)).status).toBe(404);
  });
}

async function waysOf(client: RegistryClient, kind: string): Promise<RegistryClient[]> {
  if (kind === 'anonymous') return [client];
  const scopes = NAMES.map((name) => `repository:${name}:pull,push,delete`);
  return [client, client.as({ login: { bearer: await client.token(...scopes) } })];
}

/** The answer without what differs between any two requests: its id, the time, and the names that the client itself wrote. */
function normalised({ status, headers, text }: RawReply, name: string): unknown {
  const own = new Set(['date', 'x-request-id']);
  const kept = Object.entries(headers).filter(([header]) => !own.has(header));
  const registry = new RegExp(`\\b${name.split('/', 1)[0]}\\b`, 'g');
  // The sentence about a registry that is not there names an example, which is one of the names too.
  const withoutName = (value: unknown) => named(value).replace(', such as REGISTRY', '').replace(', such as demo', '');
  const named = (value: unknown) => JSON.stringify(value).replaceAll(name, 'NAME').replaceAll(registry, 'REGISTRY');
  return { status, headers: withoutName(kept), body: withoutName(text) };
}
