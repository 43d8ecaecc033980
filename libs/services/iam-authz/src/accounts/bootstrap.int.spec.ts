import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { epochs } from '@entrepot/contracts';
import { testDatabase, type TestDatabase } from '@entrepot/testing';
import { ROOT, startIam, type IamApp } from '../spec/iam-app.js';
import { asRoot, basic, send } from '../spec/rest-client.js';
import { settledApps } from '../spec/use-iam.js';

let scratch: TestDatabase;
const starts: Promise<IamApp>[] = [];

// On a busy machine a start takes seconds, and some tests start three.
jest.setTimeout(60_000);

beforeEach(async () => {
  scratch = await testDatabase();
});

afterEach(async () => {
  for (const app of await settledApps(starts.splice(0))) await app.close();
  await scratch?.drop();
});

// Kept from its beginning: a start that a test did not wait for is ended too.
function start(more: { rootSecret?: string; pepper?: string } = {}): Promise<IamApp> {
  const app = startIam({ url: scratch.url, ...more });
  starts.push(app);
  return app;
}

const whoami = async (app: IamApp, authorization: string) =>
  (await send(app, 'GET', '/api/v1/whoami', { authorization })).status;

describe('a start', () => {
  it('makes account default and its root, who may do everything', async () => {
    const app = await start();
    const { body } = await send(app, 'GET', '/api/v1/whoami');
    expect(body).toMatchObject({ accountId: '000000000001', name: 'root', policies: ['ScrAdministrator'] });
    expect(await app.database.query('SELECT account_id, name FROM account')).toEqual([
      { account_id: '000000000001', name: 'default' },
    ]);
  });

  it('again changes nothing, and raises no epoch', async () => {
    const app = await start();
    const before = await app.messages.ask(epochs, { since: 0 });
    const again = await start();
    expect(await again.messages.ask(epochs, { since: 0 })).toEqual(before);
    expect(await app.database.query('SELECT key_id FROM access_key')).toHaveLength(1);
  });

  it('of several replicas at once on an empty database works', async () => {
    const apps = await Promise.all([start(), start(), start()]);
    for (const app of apps) expect(await whoami(app, asRoot)).toBe(200);
  });

  it('with another root secret changes it on every replica', async () => {
    const app = await start();
    expect(await whoami(app, asRoot)).toBe(200);
    const changed = await start({ rootSecret: 'another-secret' });
    expect(await whoami(changed, basic(ROOT.accessKey, 'another-secret'))).toBe(200);
    // A second is the promise; the rest is what a busy machine may take.
    const end = Date.now() + 4_000;
    while ((await whoami(app, asRoot)) === 200 && Date.now() < end);
    expect(await whoami(app, asRoot)).toBe(401);
  });

  it('leaves a root key disabled that somebody disabled', async () => {
    const app = await start();
    await app.database.query('UPDATE access_key SET enabled = false');
    expect(await whoami(await start(), asRoot)).toBe(401);
  });

  it('with another pepper says so, does not start, and leaves the keys as they were', async () => {
    const app = await start();
    await expect(start({ pepper: 'another-pepper-of-at-least-32-chars' })).rejects.toThrow(/ENTREPOT_IAM_PEPPER/);
    expect(await whoami(app, asRoot)).toBe(200);
    expect(await whoami(await start(), asRoot)).toBe(200);
  });
});
