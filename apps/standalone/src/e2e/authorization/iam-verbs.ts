import type { Scene } from '../support/scene.js';
import { about, aboutOwn, at, CHANGE, CREATE, DELETE, REPLACE, type RestVerb, SEE, short } from './rest-verb.js';

/** Users, access keys, policies and accounts. */
export const IAM_VERBS: readonly RestVerb[] = [
  aboutOwn('who am I', ['GET', null, 200], at('whoami')),

  aboutOwn('list users', SEE, at('users')),
  about('show a user', SEE, async (scene) => ({ path: `/api/v1/users/${await newUser(scene)}` })),
  about('show the policies of a user', SEE, async (scene) => ({
    path: `/api/v1/users/${await newUser(scene)}/policies`,
  })),
  aboutOwn('create a user', CREATE, async () => ({ path: '/api/v1/users', body: { name: short() } })),
  about('delete a user', DELETE, async (scene) => ({ path: `/api/v1/users/${await newUser(scene)}` })),

  aboutOwn('list access keys', SEE, at('access-keys')),
  about('show an access key', SEE, async (scene) => ({ path: `/api/v1/access-keys/${await newKey(scene)}` })),
  about('create an access key', CREATE, async (scene) => ({
    path: '/api/v1/access-keys',
    body: { userId: await newUser(scene) },
  })),
  about('disable an access key', CHANGE, async (scene) => ({
    path: `/api/v1/access-keys/${await newKey(scene)}`,
    body: { enabled: false },
  })),
  about('delete an access key', DELETE, async (scene) => ({ path: `/api/v1/access-keys/${await newKey(scene)}` })),

  aboutOwn('list policies', SEE, at('policies')),
  aboutOwn('show a policy of the system', SEE, at('policies/ScrReadOnly')),
  about('show a policy', SEE, async (scene) => ({ path: `/api/v1/policies/${await newPolicy(scene)}` })),
  aboutOwn('create a policy', CREATE, async () => ({ path: '/api/v1/policies', body: aPolicy(short()) })),
  about('change a policy', REPLACE, async (scene) => ({
    path: `/api/v1/policies/${await newPolicy(scene)}`,
    body: aPolicy(short()),
  })),
  about('delete a policy', DELETE, async (scene) => ({ path: `/api/v1/policies/${await newPolicy(scene)}` })),
  about('simulate the policies of a user', ['POST', 'manage', 200], async (scene) => ({
    path: '/api/v1/policies/simulate',
    body: { userId: await newUser(scene), action: 'scr:ListUsers', resource: 'srn:e::1:::scr:account/1' },
  })),
  about('attach a policy', ['PUT', 'manage', 204], async (scene) => ({
    path: `/api/v1/users/${await newUser(scene)}/policies/ScrReadOnly`,
  })),
  about('detach a policy', DELETE, detach),

  aboutOwn('list accounts', SEE, at('accounts')),
  about('show an account', SEE, at('accounts/000000000001')),
  about('create an account', ['POST', 'operate', 201], async () => ({
    path: '/api/v1/accounts',
    body: { name: short() },
  })),
  about('disable an account', ['PATCH', 'operate', 200], async (scene) => ({
    path: `/api/v1/accounts/${await newAccount(scene)}`,
    body: { enabled: false },
  })),
  about('create a key of an account’s root', ['POST', 'operate', 201], async (scene) => ({
    path: `/api/v1/accounts/${await newAccount(scene)}/root-keys`,
  })),
  // One that is enabled is not deleted: 409 says that who asks would have been let in.
  about('delete an account', ['DELETE', 'operate', 409], async (scene) => ({
    path: `/api/v1/accounts/${await newAccount(scene)}`,
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

async function newAccount({ api }: Scene): Promise<string> {
  return (await api.call<{ accountId: string }>('POST', '/api/v1/accounts', { name: short() })).accountId;
}

async function detach(scene: Scene) {
  const userId = await newUser(scene);
  await scene.api.attach(userId, 'ScrReadOnly');
  return { path: `/api/v1/users/${userId}/policies/ScrReadOnly` };
}
