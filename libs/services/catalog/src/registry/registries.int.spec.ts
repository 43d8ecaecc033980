import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { routeDecisions } from '@entrepot/access';
import { pushImage } from '../testing/pushes.js';
import { PRIVATE_DOMAIN, RestCatalog } from '../testing/rest-catalog.js';
import { ACCOUNT } from '../testing/scratch-catalog.js';

const OTHER = '000000000002';
const ABSENT = 'f'.repeat(32);
let rest: RestCatalog;

beforeAll(async () => {
  rest = await RestCatalog.start();
});
afterAll(() => rest?.close());

async function create(name: string, more: object = {}): Promise<string> {
  const { status, body } = await rest.send('POST', '', { body: { name, ...more } });
  expect([status, body['detail']]).toEqual([201, undefined]);
  return body['registryId'] as string;
}

const factsAbout = async (registryId: string) =>
  (await rest.catalog.facts()).filter(({ data }) => data['registryId'] === registryId);

describe('who may use the management API of the catalog', () => {
  it('is decided by every route there is', () => {
    const routes = routeDecisions(rest.app);
    expect(routes.length).toBeGreaterThan(20);
    expect(routes.filter(({ decided }) => !decided)).toEqual([]);
  });

  const images = `/${ABSENT}/repositories/${ABSENT}/images`;
  it.each([
    ['POST', ''],
    ['GET', ''],
    ['GET', `/${ABSENT}`],
    ['PATCH', `/${ABSENT}`],
    ['DELETE', `/${ABSENT}`],
    ['POST', `/${ABSENT}/repositories`],
    ['GET', `/${ABSENT}/repositories`],
    ['GET', `/${ABSENT}/repositories/${ABSENT}`],
    ['PATCH', `/${ABSENT}/repositories/${ABSENT}`],
    ['DELETE', `/${ABSENT}/repositories/${ABSENT}`],
    ['GET', images],
    ['GET', `${images}/${ABSENT}`],
    ['PATCH', `${images}/${ABSENT}`],
    ['DELETE', `${images}/${ABSENT}`],
    ['GET', `${images}/${ABSENT}/manifests`],
    ['GET', `${images}/${ABSENT}/manifests/sha256:x`],
    ['DELETE', `${images}/${ABSENT}/manifests/sha256:x`],
    ['GET', `${images}/${ABSENT}/tags`],
    ['GET', `${images}/${ABSENT}/tags/1`],
    ['GET', `${images}/${ABSENT}/tags/1/history`],
    ['PUT', `${images}/${ABSENT}/tags/1`],
    ['DELETE', `${images}/${ABSENT}/tags/1`],
  ])('%s %s refuses nobody-in-particular with 401, and who has no policy with 403', async (method, path) => {
    const anonymous = await rest.send(method, path, { as: null });
    expect(anonymous.status).toBe(401);
    const refused = await rest.send(method, path, { as: 'powerless' });
    expect(refused.status).toBe(403);
    expect(refused.headers['content-type']).toMatch('application/problem+json');
    const malformed = await rest.send(method, path.replaceAll(ABSENT, '*:x'), { as: 'powerless' });
    expect(malformed.status).toBe(403);
  });
});

describe('POST registries', () => {
  it('makes a Running registry, closed by default, says where it is and tells it', async () => {
    const { status, body } = await rest.send('POST', '', { body: { name: 'fresh', labels: { team: 'payments' } } });
    expect(status).toBe(201);
    const { registryId } = body as { registryId: string };
    expect(body).toMatchObject({
      name: 'fresh',
      state: 'Running',
      visibility: 'private',
      publicRepositoriesAllowed: false,
      createOnPush: false,
      labels: { team: 'payments' },
      srn: `srn:e::${ACCOUNT}:::scr:container-registry/${registryId}`,
      hosts: { path: 'fresh', private: `fresh-${registryId}.${PRIVATE_DOMAIN}`, public: null },
      createdBy: 'admin',
    });
    const data = { registryId, registry: 'fresh', actor: 'admin' };
    expect(await factsAbout(registryId)).toEqual([{ type: 'registry.created', data }]);
    await rest.send('DELETE', `/${registryId}?name=fresh`);
  });

  it.each([
    ['a capital', { name: 'Demo' }],
    ['two characters', { name: 'ab' }],
    ['another visibility', { name: 'other', visibility: 'internal' }],
    ['a label that is no text', { name: 'other', labels: { a: 1 } }],
    ['an unknown property', { name: 'other', bytes: 5 }],
  ])('refuses %s and makes nothing', async (_, body) => {
    const refused = await rest.send('POST', '', { body });
    expect([refused.status, refused.body['errors']]).toEqual([400, expect.any(Array)]);
    expect((await rest.send('GET', '')).body['items']).toHaveLength(1);
  });

  it('refuses a name that the account has already', async () => {
    const refused = await rest.send('POST', '', { body: { name: 'demo' } });
    expect(refused).toMatchObject({ status: 409, body: { detail: 'The account has a registry demo already.' } });
  });

  it('lets another account have the same name, and neither sees the other’s', async () => {
    const as = rest.someone('neighbour', [{ actions: ['*'] }], OTHER);
    const { status, body } = await rest.send('POST', '', { as, body: { name: 'demo' } });
    expect(status).toBe(201);
    const theirs = body['registryId'] as string;
    expect(body['hosts']).toMatchObject({ path: `demo-${theirs}` });
    const shown = await rest.send('GET', `/${theirs}`);
    const absent = await rest.send('GET', `/${ABSENT}`);
    expect(shown.status).toBe(404);
    expect({ ...shown.body, requestId: '' }).toEqual({ ...absent.body, requestId: '' });
    expect((await rest.send('GET', '', { as })).body['items']).toEqual([
      expect.objectContaining({ registryId: theirs }),
    ]);
  });

  it('never lets rivals go over the quota, and says the numbers', async () => {
    const names = Array.from({ length: 8 }, (_, n) => `rival${n}`);
    const answers = await Promise.all(names.map((name) => rest.send('POST', '', { body: { name } })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(4);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body['detail']).toMatch('5 of 5 registries of the account are used');
    for (const { status, body } of answers) {
      if (status === 201) await rest.send('DELETE', `/${String(body['registryId'])}?name=${String(body['name'])}`);
    }
  });
});

describe('GET registries', () => {
  it('gives pages in byte order, each with the cursor of the next', async () => {
    const ids = [await create('aaa'), await create('zzz')];
    const names: unknown[] = [];
    let path = '?limit=1';
    for (;;) {
      const { items, next } = (await rest.send('GET', path)).body as { items: { name: string }[]; next: string | null };
      names.push(...items.map(({ name }) => name));
      if (next === null) break;
      path = `?limit=1&cursor=${next}`;
    }
    expect(names).toEqual(['aaa', 'demo', 'zzz']);
    for (const [n, id] of ids.entries()) await rest.send('DELETE', `/${id}?name=${['aaa', 'zzz'][n]}`);
  });

  it('refuses a cursor of another list', async () => {
    expect((await rest.send('GET', '?cursor=WyJhIiwiYiJd')).status).toBe(400);
  });

  it('shows the bytes that it stores, each content once', async () => {
    const { layers, config } = await pushImage(rest.catalog, 'used', ['1']);
    await pushImage(rest.catalog, 'used-too', ['1'], { layers, config });
    const { body } = await rest.send('GET', `/${rest.catalog.registryId}`);
    expect(body).toMatchObject({ usageBytes: layers[0]!.size + config.size, repositoryCount: 1 });
  });
});

describe('PATCH registries/:id', () => {
  it('changes what may change, keeps the rest and tells it', async () => {
    const id = await create('patched', { labels: { a: 'b' } });
    const { status, body } = await rest.send('PATCH', `/${id}`, {
      body: { createOnPush: true, limits: { tags: 5 } },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      createOnPush: true,
      labels: { a: 'b' },
      limits: { repositories: null, images: null, tags: 5 },
    });
    const again = await rest.send('PATCH', `/${id}`, {
      body: { labels: {}, limits: { tags: null, images: 3, bytes: 5_000_000_000_000 } },
    });
    expect(again.body).toMatchObject({
      createOnPush: true,
      labels: {},
      limits: { tags: null, images: 3, bytes: 5e12 },
    });
    expect((await factsAbout(id)).map(({ type }) => type)).toEqual([
      'registry.created',
      'registry.updated',
      'registry.updated',
    ]);
    await rest.send('DELETE', `/${id}?name=patched`);
  });

  it.each(['visibility', 'publicRepositoriesAllowed', 'name'])(
    'says that %s is settable only at creation',
    async (field) => {
      const value = field === 'publicRepositoriesAllowed' ? true : 'public';
      const refused = await rest.send('PATCH', `/${rest.catalog.registryId}`, { body: { [field]: value } });
      expect(refused.status).toBe(400);
      expect(refused.body['detail']).toBe(`${field} can be set only when the registry is created.`);
    },
  );

  it('answers 404 for an absent one', async () => {
    expect((await rest.send('PATCH', `/${ABSENT}`, { body: {} })).status).toBe(404);
  });
});

describe('DELETE registries/:id', () => {
  it('wants the name typed back', async () => {
    const id = await create('typed');
    for (const query of ['', '?name=', '?name=typo']) {
      expect((await rest.send('DELETE', `/${id}${query}`)).status).toBe(400);
    }
    expect((await rest.send('GET', `/${id}`)).status).toBe(200);
    await rest.send('DELETE', `/${id}?name=typed`);
  });

  it('refuses while repositories are linked, and names twenty of them', async () => {
    const id = await create('linked');
    for (let n = 10; n < 32; n++) await rest.send('POST', `/${id}/repositories`, { body: { name: `repo-${n}` } });
    const { status, body } = await rest.send('DELETE', `/${id}?name=linked`);
    expect(status).toBe(409);
    expect(body).toMatchObject({ repositoryCount: 22 });
    expect(body['repositories']).toHaveLength(20);
    expect(body['detail']).toMatch(/repo-10, .* and 2 more/);
  });

  it('ends it at once, tells it, and frees the name', async () => {
    const id = await create('ended');
    expect((await rest.send('DELETE', `/${id}?name=ended`)).status).toBe(204);
    expect((await rest.send('GET', `/${id}`)).status).toBe(404);
    expect((await rest.send('DELETE', `/${id}?name=ended`)).status).toBe(404);
    expect((await factsAbout(id)).map(({ type }) => type)).toEqual(['registry.created', 'registry.deleted']);
    const again = await create('ended');
    expect(again).not.toBe(id);
    await rest.send('DELETE', `/${again}?name=ended`);
  });

  it('leaves another account’s alone', async () => {
    const theirs = await rest.catalog.makeRegistry('theirs', { accountId: OTHER });
    expect((await rest.send('DELETE', `/${theirs}?name=theirs`)).status).toBe(404);
    const [row] = await rest.catalog.query('SELECT deleted_at FROM registry WHERE registry_id = $1', [theirs]);
    expect(row).toEqual({ deleted_at: null });
  });
});
