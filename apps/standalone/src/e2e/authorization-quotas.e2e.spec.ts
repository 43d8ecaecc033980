import { describe, expect, it } from '@jest/globals';
import type { RegistryClient } from '@entrepot/testing';
import { anAccount } from './support/account.js';
import { useSuite } from './support/scene.js';

// With the quota that an installation has unless told: two registries.
const scene = useSuite();

const create = async (client: RegistryClient, name: string) => {
  const { status, text } = await client.json('POST', '/api/v1/registries', { name });
  return { status, text };
};

describe('the quota of an account', () => {
  it('is used up by its own registries, and by no other account’s', async () => {
    const { root } = scene();
    const neighbour = await anAccount(scene(), 'neighbour');
    expect((await create(root, 'second')).status).toBe(201);
    const refused = await create(root, 'third');
    expect(refused.status).toBe(409);
    expect(refused.text).toContain('2 of 2 registries of the account are used');
    const names = ['demo', 'second'];
    for (const name of names) expect((await create(neighbour.client, name)).status).toBe(201);
    expect((await create(neighbour.client, 'third')).status).toBe(409);
    const { items } = (await neighbour.client.get('/api/v1/registries')).json<{ items: { name: string }[] }>();
    expect(items.map(({ name }) => name)).toEqual(names);
  });

  it('is free again once a registry is deleted, and then the account can be deleted too', async () => {
    const { root, api } = scene();
    const { accountId, client } = await anAccount(scene(), 'leaver');
    const { registryId } = (await client.json('POST', '/api/v1/registries', { name: 'only' })).json<{
      registryId: string;
    }>();
    await api.call('PATCH', `/api/v1/accounts/${accountId}`, { enabled: false });
    await expectSoon(async () => (await client.get('/api/v1/whoami')).status, 401);
    await new Promise((resolve) => setTimeout(resolve, 10_500));
    const kept = await root.delete(`/api/v1/accounts/${accountId}`);
    expect([kept.status, kept.json<{ detail: string }>().detail]).toEqual([409, expect.stringContaining('(only)')]);
    await api.call('PATCH', `/api/v1/accounts/${accountId}`, { enabled: true });
    await expectSoon(async () => (await client.delete(`/api/v1/registries/${registryId}?name=only`)).status, 204);
    await api.call('PATCH', `/api/v1/accounts/${accountId}`, { enabled: false });
    await new Promise((resolve) => setTimeout(resolve, 10_500));
    expect((await root.delete(`/api/v1/accounts/${accountId}`)).status).toBe(204);
    expect((await root.get(`/api/v1/accounts/${accountId}`)).status).toBe(404);
    expect((await client.get('/api/v1/whoami')).status).toBe(401);
  });
});

/** A second is the promise; the rest is what a busy machine may take. */
async function expectSoon(read: () => Promise<number>, wanted: number): Promise<void> {
  const end = Date.now() + 5_000;
  let seen = await read();
  while (seen !== wanted && Date.now() < end) seen = await read();
  expect(seen).toBe(wanted);
}
