import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RestCatalog } from './testing/rest-catalog.js';

describe('the management API in read-only mode', () => {
  let rest: RestCatalog;
  beforeAll(async () => {
    rest = await RestCatalog.start({ readOnly: true });
  });
  afterAll(() => rest.close());

  const id = '0'.repeat(32);

  it('refuses without the permission before it says anything else', async () => {
    expect((await rest.send('POST', '', { as: null, body: { name: 'team' } })).status).toBe(401);
    expect((await rest.send('POST', '', { as: 'powerless', body: { name: 'team' } })).status).toBe(403);
  });

  it.each([
    ['POST', '', { name: 'team' }],
    ['PATCH', `/${id}`, { createOnPush: true }],
    ['DELETE', `/${id}?name=team`, undefined],
    ['POST', `/${id}/repositories`, { name: 'apps' }],
    ['DELETE', `/${id}/repositories/${id}?name=apps`, undefined],
    ['DELETE', `/${id}/repositories/${id}/images/${id}`, undefined],
    ['DELETE', `/${id}/repositories/${id}/images/${id}/manifests/sha256:${'0'.repeat(64)}`, undefined],
    ['PUT', `/${id}/repositories/${id}/images/${id}/tags/v1`, { digest: `sha256:${'0'.repeat(64)}` }],
    ['DELETE', `/${id}/repositories/${id}/images/${id}/tags/v1`, undefined],
  ])('refuses %s %s', async (method, path, body) => {
    const answer = await rest.send(method, path, { body });
    expect(answer).toMatchObject({ status: 405, body: { detail: expect.stringContaining('read-only') } });
  });

  it('goes on answering reads, and nothing was made', async () => {
    const { status, body } = await rest.send('GET', '');
    expect(status).toBe(200);
    expect((body['items'] as { name: string }[]).map(({ name }) => name)).not.toContain('team');
  });
});
