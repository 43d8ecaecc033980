import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from '@jest/globals';
import { aManifest, type RegistryClient, type Someone } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';

const NAME = 'demo/apps/revoked';
const PATH = `/v2/${NAME}/manifests/1`;
/** What `architecture.md` promises: a revocation is felt within a second, by a token that is still alive. */
const FELT_WITHIN_MS = 1000;

/** Changes of rights, felt by live tokens and by Basic that was right a moment ago. */
export function revocation(scene: () => Scene): void {
  beforeAll(() => scene().root.pushImage(NAME, aManifest({ seed: 'revocation' }), ['1']));

  const ready = async (userName: string): Promise<{ who: Someone; ways: [string, RegistryClient][] }> => {
    const { api, root } = scene();
    const who = await api.someone(userName, ['ScrPullPushOnlyAccess']);
    const byBasic = root.as({ credentials: who });
    const byToken = byBasic.as({ login: { bearer: await byBasic.token(`repository:${NAME}:pull,push`) } });
    const ways: [string, RegistryClient][] = [
      ['Basic', byBasic],
      ['a live token', byToken],
    ];
    for (const [, client] of ways) expect((await client.get(PATH)).status).toBe(200);
    return { who, ways };
  };
  const felt = async (ways: [string, RegistryClient][], status: number): Promise<void> => {
    await sleep(FELT_WITHIN_MS);
    for (const [way, client] of ways) expect([way, (await client.get(PATH)).status]).toEqual([way, status]);
  };

  it('a disabled key is refused, and let in again when it is enabled', async () => {
    const { who, ways } = await ready('revoked-key');
    await scene().api.enable(who.accessKey, false);
    await felt(ways, 401);
    expect((await (await ways[0]?.[1].tokenEndpoint())?.get([], who))?.status).toBe(401);
    await scene().api.enable(who.accessKey, true);
    await felt(ways, 200);
  });

  it('a deleted key is refused', async () => {
    const { who, ways } = await ready('deleted-key');
    await scene().api.call('DELETE', `/api/v1/access-keys/${who.accessKey}`);
    await felt(ways, 401);
  });

  it('a deleted user is refused', async () => {
    const { who, ways } = await ready('deleted-user');
    await scene().api.call('DELETE', `/api/v1/users/${who.userId}`);
    await felt(ways, 401);
  });

  it('a detached policy grants no more, and grants again when it is attached', async () => {
    const { who, ways } = await ready('detached-policy');
    await scene().api.detach(who.userId, 'ScrPullPushOnlyAccess');
    await felt(ways, 403);
    await scene().api.attach(who.userId, 'ScrPullPushOnlyAccess');
    await felt(ways, 200);
  });

  it('an attached Deny is obeyed', async () => {
    const { api } = scene();
    const { who, ways } = await ready('denied-user');
    const policyId = await api.policy('revocation-deny', [
      { Sid: 'never', Effect: 'Deny', Action: ['scr:PullRepositoryImages'], Resource: ['*'] },
    ]);
    await api.attach(who.userId, policyId);
    await felt(ways, 403);
    const refused = await ways[0]?.[1].get(PATH);
    expect(refused?.message).toContain('revocation-deny');
  });

  it('a changed policy is obeyed', async () => {
    const { api, root } = scene();
    const statement = (Action: string[]) => [{ Effect: 'Allow' as const, Action, Resource: ['*'] }];
    const login = 'scr:LoginContainerRegistry';
    const policyId = await api.policy('revocation-changed', statement([login, 'scr:PullRepositoryImages']));
    const reader = root.as({ credentials: await api.someone('changed-policy', [policyId]) });
    const ways: [string, RegistryClient][] = [['Basic', reader]];
    expect((await reader.get(PATH)).status).toBe(200);
    await api.call('PUT', `/api/v1/policies/${policyId}`, {
      name: 'revocation-changed',
      document: { Version: '2024-07-01', Statement: statement([login]) },
    });
    await felt(ways, 403);
  });

  it('a refresh token dies with its key', async () => {
    const { api, root } = scene();
    const who = await api.someone('refresh-revoked', ['ScrPullOnlyAccess']);
    const endpoint = await root.tokenEndpoint();
    const issued = await endpoint.get([], who, { offline_token: 'true' });
    const { refresh_token: refreshToken } = issued.json<{ refresh_token: string }>();
    expect((await endpoint.refresh([], refreshToken)).status).toBe(200);
    await api.enable(who.accessKey, false);
    await sleep(FELT_WITHIN_MS);
    expect((await endpoint.refresh([], refreshToken)).status).toBe(401);
  });
}
