import { randomUUID } from 'node:crypto';
import { beforeAll } from '@jest/globals';
import type { AdminApi, Credentials, PolicyJson, RegistryClient, Someone } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';

/** A right on the images of repository `apps`, or on the account's management. */
export type Right = 'pull' | 'push' | 'delete' | 'see' | 'manage';

/** A kind of principal. `known`: its credentials are right and its key is enabled. */
export interface ActorKind {
  readonly name: string;
  readonly known: boolean;
  readonly rights: readonly Right[];
}

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
];

const LOGIN = 'scr:LoginContainerRegistry';
const IMAGES = ['scr:PullRepositoryImages', 'scr:PushRepositoryImages', 'scr:DeleteRepositoryImages'];

/** Clients of all actors, by the name of the kind. */
export type Actors = () => ReadonlyMap<string, RegistryClient>;

/** Makes a user with a key for every kind. */
export function useActors(scene: () => Scene): Actors {
  const clients = new Map<string, RegistryClient>();
  beforeAll(async () => {
    const { api, root, registryId } = scene();
    const charts = await api.repositoryId(registryId, 'charts');
    const policies = await policiesOf(api, registryId, charts);
    for (const { name } of ACTORS) {
      const credentials = await credentialsOf(api, name, policies.get(name) ?? []);
      clients.set(name, root.as({ credentials }));
    }
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

async function credentialsOf(api: AdminApi, kind: string, policyIds: readonly string[]): Promise<Credentials | null> {
  if (kind === 'anonymous') return null;
  if (kind === 'a wrong secret') return wrongCredentials();
  const someone: Someone = await api.someone(`matrix-${kind.replaceAll(' ', '-')}`, policyIds);
  if (kind === 'a disabled key') await api.enable(someone.accessKey, false);
  return someone;
}

/** A key that is nobody's: another one each time, as ten wrong secrets of one key in a minute are answered with 429. */
export function wrongCredentials(): Credentials {
  return { accessKey: `EK${randomUUID().replaceAll('-', '').slice(0, 18).toUpperCase()}`, secret: randomUUID() };
}
