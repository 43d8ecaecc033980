import { randomUUID } from 'node:crypto';
import { beforeAll } from '@jest/globals';
import { AdminApi, type Credentials, type PolicyJson, type RegistryClient, type Someone } from '@entrepot/testing';
import { anAccount } from '../support/account.js';
import type { Scene } from '../support/scene.js';

/** A right on the images of repository `apps`, on the account's management, or (`operate`) on the installation's. */
export type Right = 'pull' | 'push' | 'delete' | 'see' | 'manage' | 'operate';

/** A kind of principal. `known`: its credentials are right and its key is enabled. */
export interface ActorKind {
  readonly name: string;
  readonly known: boolean;
  /** In its own account: what it may do in `demo/apps`, or, of another account, in a registry of its own. */
  readonly rights: readonly Right[];
  /** Of another account: to it all that belongs to the default one is as if it did not exist. */
  readonly foreign?: true;
}

const ALL_IN_ACCOUNT: readonly Right[] = ['pull', 'push', 'delete', 'see', 'manage'];

/** Every kind of principal, and what it may do in `demo/apps`. */
export const ACTORS: readonly ActorKind[] = [
  { name: 'anonymous', known: false, rights: [] },
  { name: 'a wrong secret', known: false, rights: [] },
  { name: 'a disabled key', known: false, rights: [] },
  { name: 'no policy', known: true, rights: [] },
  { name: 'login only', known: true, rights: [] },
  { name: 'rights without login', known: true, rights: [] },
  { name: 'pull only', known: true, rights: ['pull'] },
  { name: 'push only', known: true, rights: ['push'] },
  { name: 'delete only', known: true, rights: ['delete'] },
  { name: 'pull and push', known: true, rights: ['pull', 'push'] },
  { name: 'read only', known: true, rights: ['pull', 'see'] },
  { name: 'another repository only', known: true, rights: [] },
  { name: 'administrator', known: true, rights: ['pull', 'push', 'delete', 'see', 'manage'] },
  { name: 'administrator who is denied images', known: true, rights: ['see', 'manage'] },
  { name: 'root', known: true, rights: ['pull', 'push', 'delete', 'see', 'manage', 'operate'] },
  { name: 'root of another account', known: true, rights: ALL_IN_ACCOUNT, foreign: true },
  { name: 'administrator of another account', known: true, rights: ALL_IN_ACCOUNT, foreign: true },
  { name: 'pull only of another account', known: true, rights: ['pull'], foreign: true },
  { name: 'another account, with a policy that names demo', known: true, rights: [], foreign: true },
];

const LOGIN = 'scr:LoginContainerRegistry';
const IMAGES = ['scr:PullRepositoryImages', 'scr:PushRepositoryImages', 'scr:DeleteRepositoryImages'];

/** Clients of all actors, by the name of the kind. */
export type Actors = () => ReadonlyMap<string, RegistryClient>;

/** What an actor hears that has the right, or has not, where `granted` is the answer of a verb that is done and `absent` that of one that meets nothing. */
export function answerTo(
  actor: ActorKind,
  right: Right | null,
  { granted, absent }: { granted: number; absent: number },
): number {
  if (!actor.known) return 401;
  if (right !== null && !actor.rights.includes(right)) return 403;
  return actor.foreign && right !== null ? absent : granted;
}

/** Makes a user with a key for every kind. */
export function useActors(scene: () => Scene): Actors {
  const clients = new Map<string, RegistryClient>();
  beforeAll(async () => {
    const { api, root, registryId } = scene();
    const charts = await api.repositoryId(registryId, 'charts');
    const policies = await policiesOf(api, registryId, charts);
    for (const { name } of ACTORS.filter(({ foreign }) => !foreign)) {
      const credentials = await credentialsOf(scene(), name, policies.get(name) ?? []);
      clients.set(name, root.as({ credentials }));
    }
    for (const [name, client] of await foreigners(scene())) clients.set(name, client);
  });
  return () => clients;
}

async function policiesOf(api: AdminApi, registryId: string, charts: string): Promise<Map<string, readonly string[]>> {
  const allow = (Action: readonly string[], Resource = ['*']) => [{ Effect: 'Allow' as const, Action, Resource }];
  const own = (name: string, statement: PolicyJson['Statement']) => api.policy(`matrix-${name}`, statement);
  const onCharts = [
    { Sid: 'login', Effect: 'Allow' as const, Action: [LOGIN], Resource: ['*'] },
    {
      Sid: 'images',
      Effect: 'Allow' as const,
      Action: IMAGES,
      Resource: [`srn:e:::::scr:repository/${registryId}/${charts}`],
    },
  ];
  const denial = [{ Sid: 'images', Effect: 'Deny' as const, Action: IMAGES, Resource: ['*'] }];
  return new Map([
    ['a disabled key', ['ScrAdministrator']],
    ['login only', [await own('login', allow([LOGIN]))]],
    ['rights without login', [await own('without-login', allow(IMAGES))]],
    ['pull only', ['ScrPullOnlyAccess']],
    ['push only', [await own('push', allow([LOGIN, 'scr:PushRepositoryImages']))]],
    ['delete only', [await own('delete', allow([LOGIN, 'scr:DeleteRepositoryImages']))]],
    ['pull and push', ['ScrPullPushOnlyAccess']],
    ['read only', ['ScrReadOnly']],
    ['another repository only', [await own('elsewhere', onCharts)]],
    ['administrator', ['ScrAdministrator']],
    ['administrator who is denied images', ['ScrAdministrator', await own('deny', denial)]],
  ]);
}

/** Clients of a second account: of its root, and of users that this one has made. */
async function foreigners({ api, root, registryId }: Scene): Promise<Map<string, RegistryClient>> {
  const { client: theirs } = await anAccount({ api, root }, 'matrix-neighbour');
  const own = new AdminApi(theirs);
  const named = await own.policy('names-demo', [
    {
      Effect: 'Allow',
      Action: ['scr:*'],
      Resource: [
        `srn:e::${DEFAULT_ACCOUNT}:::scr:container-registry/${registryId}`,
        `srn:e::${DEFAULT_ACCOUNT}:::scr:repository/${registryId}/*`,
        `srn:e::${DEFAULT_ACCOUNT}:::scr:account/*`,
      ],
    },
  ]);
  const someone = async (name: string, policyId: string) =>
    root.as({ credentials: await own.someone(name, [policyId]) });
  return new Map([
    ['root of another account', theirs],
    ['administrator of another account', await someone('administrator', 'ScrAdministrator')],
    ['pull only of another account', await someone('puller', 'ScrPullOnlyAccess')],
    ['another account, with a policy that names demo', await someone('covetous', named)],
  ]);
}

const DEFAULT_ACCOUNT = '000000000001';

async function credentialsOf(
  { api, root }: Scene,
  kind: string,
  policyIds: readonly string[],
): Promise<Credentials | null> {
  if (kind === 'anonymous') return null;
  if (kind === 'a wrong secret') return wrongCredentials();
  if (kind === 'root') return root.options.credentials;
  const someone: Someone = await api.someone(`matrix-${kind.replaceAll(' ', '-')}`, policyIds);
  if (kind === 'a disabled key') await api.enable(someone.accessKey, false);
  return someone;
}

/** A key that is nobody's: another one each time, as ten wrong secrets of one key in a minute are answered with 429. */
export function wrongCredentials(): Credentials {
  return { accessKey: `EK${randomUUID().replaceAll('-', '').slice(0, 18).toUpperCase()}`, secret: randomUUID() };
}
