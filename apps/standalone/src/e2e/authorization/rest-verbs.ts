import { randomUUID } from 'node:crypto';
import { aManifest } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import type { Right } from './actors.js';

/** What the management verbs meet. */
export interface RestScene extends Scene {
  readonly repositoryId: string;
  readonly imageId: string;
}

export interface RestVerb {
  readonly name: string;
  readonly method: string;
  /** Null: who is known may. */
  readonly right: Right | null;
  readonly granted: number;
  readonly prepare: (scene: RestScene) => Promise<{ path: string; body?: unknown }>;
}

const IMAGE = 'demo/apps/rest-matrix';

export async function prepareRest(scene: Scene): Promise<RestScene> {
  const { api, root, registryId } = scene;
  const repositoryId = await api.repositoryId(registryId, 'apps');
  await root.pushImage(IMAGE, aManifest({ seed: 'rest matrix' }), ['1']);
  return { ...scene, repositoryId, imageId: await imageId(scene, repositoryId, 'rest-matrix') };
}

const at = (path: string) => async () => ({ path: `/api/v1/${path}` });
const short = () => `m${randomUUID().replaceAll('-', '').slice(0, 20)}`;
const IN_REPOSITORY = ({ registryId, repositoryId }: RestScene) =>
  `/api/v1/registries/${registryId}/repositories/${repositoryId}`;
const see = (name: string, prepare: RestVerb['prepare']): RestVerb => ({
  name,
  method: 'GET',
  right: 'see',
  granted: 200,
  prepare,
});

export const REST_VERBS: readonly RestVerb[] = [
  { name: 'who am I', method: 'GET', right: null, granted: 200, prepare: at('whoami') },
  see('list users', at('users')),
  see('show a user', async (scene) => ({ path: `/api/v1/users/${await newUser(scene)}` })),
  see('show the policies of a user', async (scene) => ({ path: `/api/v1/users/${await newUser(scene)}/policies` })),
  {
    name: 'create a user',
    method: 'POST',
    right: 'manage',
    granted: 201,
    prepare: async () => ({ path: '/api/v1/users', body: { name: short() } }),
  },
  {
    name: 'delete a user',
    method: 'DELETE',
    right: 'manage',
    granted: 204,
    prepare: async (scene) => ({ path: `/api/v1/users/${await newUser(scene)}` }),
  },
  see('list access keys', at('access-keys')),
  see('show an access key', async (scene) => ({ path: `/api/v1/access-keys/${await newKey(scene)}` })),
  {
    name: 'create an access key',
    method: 'POST',
    right: 'manage',
    granted: 201,
    prepare: async (scene) => ({ path: '/api/v1/access-keys', body: { userId: await newUser(scene) } }),
  },
  {
    name: 'disable an access key',
    method: 'PATCH',
    right: 'manage',
    granted: 200,
    prepare: async (scene) => ({ path: `/api/v1/access-keys/${await newKey(scene)}`, body: { enabled: false } }),
  },
  {
    name: 'delete an access key',
    method: 'DELETE',
    right: 'manage',
    granted: 204,
    prepare: async (scene) => ({ path: `/api/v1/access-keys/${await newKey(scene)}` }),
  },
  see('list policies', at('policies')),
  see('show a policy', at('policies/ScrReadOnly')),
  {
    name: 'create a policy',
    method: 'POST',
    right: 'manage',
    granted: 201,
    prepare: async () => ({ path: '/api/v1/policies', body: aPolicy(short()) }),
  },
  { name: 'change a policy', method: 'PUT', right: 'manage', granted: 200, prepare: changePolicy },
  {
    name: 'delete a policy',
    method: 'DELETE',
    right: 'manage',
    granted: 204,
    prepare: async (scene) => ({ path: `/api/v1/policies/${await newPolicy(scene)}` }),
  },
  {
    name: 'attach a policy',
    method: 'PUT',
    right: 'manage',
    granted: 204,
    prepare: async (scene) => ({ path: `/api/v1/users/${await newUser(scene)}/policies/ScrReadOnly` }),
  },
  { name: 'detach a policy', method: 'DELETE', right: 'manage', granted: 204, prepare: detach },
  see('list registries', at('registries')),
  see('show a registry', async ({ registryId }) => ({ path: `/api/v1/registries/${registryId}` })),
  see('list repositories', async ({ registryId }) => ({ path: `/api/v1/registries/${registryId}/repositories` })),
  see('show a repository', async (scene) => ({ path: IN_REPOSITORY(scene) })),
  {
    name: 'create a repository',
    method: 'POST',
    right: 'manage',
    granted: 201,
    prepare: async ({ registryId }) => ({
      path: `/api/v1/registries/${registryId}/repositories`,
      body: { name: short() },
    }),
  },
  { name: 'delete a repository', method: 'DELETE', right: 'manage', granted: 204, prepare: deleteRepository },
  see('list images', async (scene) => ({ path: `${IN_REPOSITORY(scene)}/images` })),
  see('show an image', async (scene) => ({ path: `${IN_REPOSITORY(scene)}/images/${scene.imageId}` })),
  { name: 'delete an image', method: 'DELETE', right: 'manage', granted: 204, prepare: deleteImage },
  see('list tags', async (scene) => ({ path: `${IN_REPOSITORY(scene)}/images/${scene.imageId}/tags` })),
  see('show a tag', async (scene) => ({ path: `${IN_REPOSITORY(scene)}/images/${scene.imageId}/tags/1` })),
  see('show the history of a tag', async (scene) => ({
    path: `${IN_REPOSITORY(scene)}/images/${scene.imageId}/tags/1/history`,
  })),
];

function aPolicy(name: string) {
  const statement = { Effect: 'Allow', Action: ['scr:PullRepositoryImages'], Resource: ['*'] };
  return { name, document: { Version: '2024-07-01', Statement: [statement] } };
}

async function newUser({ api }: Scene): Promise<string> {
  return (await api.call<{ userId: string }>('POST', '/api/v1/users', { name: short() })).userId;
}

async function newKey(scene: Scene): Promise<string> {
  const body = { userId: await newUser(scene) };
  return (await scene.api.call<{ accessKey: string }>('POST', '/api/v1/access-keys', body)).accessKey;
}

async function newPolicy({ api }: Scene): Promise<string> {
  return (await api.call<{ policyId: string }>('POST', '/api/v1/policies', aPolicy(short()))).policyId;
}

async function changePolicy(scene: Scene) {
  return { path: `/api/v1/policies/${await newPolicy(scene)}`, body: aPolicy(short()) };
}

async function detach(scene: Scene) {
  const userId = await newUser(scene);
  await scene.api.attach(userId, 'ScrReadOnly');
  return { path: `/api/v1/users/${userId}/policies/ScrReadOnly` };
}

async function deleteRepository({ api, registryId }: Scene) {
  const name = short();
  const repositoryId = await api.repository(registryId, { name });
  return { path: `/api/v1/registries/${registryId}/repositories/${repositoryId}?name=${name}` };
}

async function deleteImage(scene: RestScene) {
  const name = short();
  await scene.root.pushImage(`demo/apps/${name}`, aManifest({ layers: 0, seed: name }), ['1']);
  return { path: `${IN_REPOSITORY(scene)}/images/${await imageId(scene, scene.repositoryId, name)}` };
}

async function imageId({ api, registryId }: Scene, repositoryId: string, name: string): Promise<string> {
  const path = `/api/v1/registries/${registryId}/repositories/${repositoryId}/images?limit=100`;
  const { items } = await api.call<{ items: { name: string; imageId: string }[] }>('GET', path);
  const found = items.find((image) => image.name === name);
  if (!found) throw new Error(`there is no image ${name}`);
  return found.imageId;
}
