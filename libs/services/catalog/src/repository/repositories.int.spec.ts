import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lookup } from '../lookup/lookup.js';
import { CatalogQuotas } from '../registry/quotas.js';
import { aBlob, pushBlob, pushImage } from '../testing/pushes.js';
import { RestCatalog } from '../testing/rest-catalog.js';
import { beginDeletion, endRepository } from './delete-repository.js';
import { ensureRepository } from './ensure-repository.js';

const OTHER = '000000000002';
const ABSENT = 'f'.repeat(32);
let rest: RestCatalog;
let closed: string;

beforeAll(async () => {
  rest = await RestCatalog.start({ maxRepositories: 40 });
  const { body } = await rest.send('POST', '', { body: { name: 'closed' } });
  closed = body['registryId'] as string;
});
afterAll(() => rest?.close());

const demo = () => rest.catalog.registryId;
const at = (repositoryId: string, registryId = demo()) => `/${registryId}/repositories/${repositoryId}`;

async function create(name: string, more: object = {}): Promise<string> {
  const { status, body } = await rest.send('POST', `/${demo()}/repositories`, { body: { name, ...more } });
  expect([status, body['detail']]).toEqual([201, undefined]);
  return body['repositoryId'] as string;
}

/** Pushes into another repository than `apps`. */
async function pushInto<T>(repositoryId: string, push: () => Promise<T>): Promise<T> {
  const before = rest.catalog.repositoryId;
  rest.catalog.repositoryId = repositoryId;
  return push().finally(() => (rest.catalog.repositoryId = before));
}

const factsOf = async (repositoryId: string) =>
  (await rest.catalog.facts()).filter(({ data }) => data['repositoryId'] === repositoryId);

const seenByDataPlane = async (repository: string) => {
  const question = { kind: 'name' as const, registryName: null, repository, image: 'x', tag: null, digest: null };
  const { answers } = await lookup(rest.catalog.ports, { questions: [{ ...question, registryId: demo() }] });
  return answers[0]?.repository ?? null;
};

describe('POST repositories', () => {
  it('makes an Active repository and tells it', async () => {
    const { status, body } = await rest.send('POST', `/${demo()}/repositories`, {
      body: { name: 'web', description: 'Front ends', visibility: 'public', labels: { team: 'web' } },
    });
    expect(status).toBe(201);
    const { repositoryId } = body as { repositoryId: string };
    expect(body).toMatchObject({ name: 'web', state: 'Active', visibility: 'public', locked: false, imageCount: 0 });
    const data = { registryId: demo(), registry: 'demo', actor: 'admin', repositoryId, repository: 'web' };
    expect(await factsOf(repositoryId)).toEqual([{ type: 'repository.created', data }]);
    expect(await seenByDataPlane('web')).toMatchObject({ repositoryId });
  });

  it('allows public ones only where the registry does', async () => {
    const body = { name: 'open', visibility: 'public' };
    const refused = await rest.send('POST', `/${closed}/repositories`, { body });
    expect(refused.status).toBe(409);
    expect(refused.body['detail']).toMatch(/allows no public repositories/);
  });

  it('refuses a name that is taken, one that is none, and a registry that is not there', async () => {
    const send = (name: string, registryId = demo()) =>
      rest.send('POST', `/${registryId}/repositories`, { body: { name } });
    expect((await send('apps')).status).toBe(409);
    expect((await send('-apps')).status).toBe(400);
    expect((await send('apps', ABSENT)).status).toBe(404);
  });

  it('lets who may create in one registry create in no other', async () => {
    const resources = [`srn:e::*:*::scr:container-registry/${closed}`];
    const as = rest.someone('builder', [{ actions: ['scr:CreateRepository'], resources }]);
    expect((await rest.send('POST', `/${demo()}/repositories`, { as, body: { name: 'sneaky' } })).status).toBe(403);
    const made = await rest.send('POST', `/${closed}/repositories`, { as, body: { name: 'fine' } });
    expect(made.status).toBe(201);
    await rest.send('DELETE', `${at(String(made.body['repositoryId']), closed)}?name=fine`);
    expect((await rest.send('GET', `/${closed}/repositories`, { as })).status).toBe(403);
  });

  it('counts all registries of the account against its quota, and the registry’s own limit too', async () => {
    const used = async () => {
      const [row] = await rest.catalog.query<{ count: string }>(
        'SELECT count(*) FROM repository WHERE deleted_at IS NULL',
      );
      return Number(row?.count);
    };
    await rest.send('PATCH', `/${closed}`, { body: { limits: { repositories: 1 } } });
    const send = (name: string) => rest.send('POST', `/${closed}/repositories`, { body: { name } });
    const answers = await Promise.all([send('one'), send('two'), send('three')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body['detail']).toMatch('1 of 1 repositories of the registry are used');
    await rest.send('PATCH', `/${closed}`, { body: { limits: { repositories: null } } });

    const before = await used();
    const many = await Promise.all(Array.from({ length: 42 - before }, (_, n) => send(`fill-${n}`)));
    expect(await used()).toBe(40);
    const over = many.find(({ status }) => status === 409);
    expect(over?.body['detail']).toMatch('40 of 40 repositories of the account are used');
    for (const { status, body } of many) {
      if (status === 201)
        await rest.send('DELETE', `${at(String(body['repositoryId']), closed)}?name=${String(body['name'])}`);
    }
  });
});

describe('a repository', () => {
  it('is listed by name in pages, and found only in its own registry', async () => {
    const first = await rest.send('GET', `/${demo()}/repositories?limit=1`);
    expect(first.body['items']).toEqual([expect.objectContaining({ name: 'apps' })]);
    const second = await rest.send('GET', `/${demo()}/repositories?cursor=${String(first.body['next'])}`);
    expect(second.body).toMatchObject({ items: [expect.objectContaining({ name: 'web' })], next: null });
    const { repositoryId } = rest.catalog;
    expect((await rest.send('GET', at(repositoryId))).body).toMatchObject({ repositoryId, name: 'apps' });
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const path = `${at(repositoryId, closed)}${method === 'DELETE' ? '?name=apps' : ''}`;
      const refused = await rest.send(method, path, method === 'PATCH' ? { body: { locked: true } } : {});
      expect(refused.status).toBe(404);
    }
  });

  it('is not found by another account, which gets the same answer as for an absent one', async () => {
    const as = rest.someone('neighbour', [{ actions: ['*'] }], OTHER);
    const { repositoryId } = rest.catalog;
    const theirs = await rest.send('GET', at(repositoryId), { as });
    const absent = await rest.send('GET', at(ABSENT), { as });
    expect(theirs.status).toBe(404);
    expect({ ...theirs.body, requestId: '' }).toEqual({ ...absent.body, requestId: '' });
    expect((await rest.send('PATCH', at(repositoryId), { as, body: { locked: true } })).status).toBe(404);
    expect((await rest.send('DELETE', `${at(repositoryId)}?name=apps`, { as })).status).toBe(404);
    expect((await rest.send('GET', at(repositoryId))).body).toMatchObject({ state: 'Active', locked: false });
  });

  it('can be described, labelled, opened and locked, and tells it', async () => {
    const id = await create('changing');
    const body = { description: 'New', labels: { a: 'b' }, visibility: 'public', locked: true };
    const changed = await rest.send('PATCH', at(id), { body });
    expect([changed.status, changed.body]).toEqual([200, expect.objectContaining(body)]);
    const kept = await rest.send('PATCH', at(id), { body: { locked: false } });
    expect(kept.body).toMatchObject({ ...body, locked: false });
    expect((await factsOf(id)).map(({ type }) => type)).toEqual([
      'repository.created',
      'repository.updated',
      'repository.updated',
    ]);
    await rest.send('DELETE', `${at(id)}?name=changing`);
  });
});

describe('DELETE repositories/:id', () => {
  it('wants the name typed back', async () => {
    const { repositoryId } = rest.catalog;
    for (const query of ['', '?name=app']) {
      expect((await rest.send('DELETE', `${at(repositoryId)}${query}`)).status).toBe(400);
    }
    expect((await rest.send('GET', at(repositoryId))).body).toMatchObject({ state: 'Active' });
  });

  it('refuses while it, an image in it, or a digest in it is locked', async () => {
    const id = await create('locked');
    await pushInto(id, () => pushImage(rest.catalog, 'precious', ['1']));
    const attempt = () => rest.send('DELETE', `${at(id)}?name=locked`);
    const set = (what: string, value: boolean) =>
      rest.catalog.query(
        `UPDATE ${what} SET locked = ${value} WHERE image_id IN (SELECT image_id FROM image WHERE repository_id = $1)`,
        [id],
      );
    await rest.send('PATCH', at(id), { body: { locked: true } });
    expect(await attempt()).toMatchObject({ status: 409, body: { rule: 'lock:repository' } });
    await rest.send('PATCH', at(id), { body: { locked: false } });
    for (const what of ['image', 'manifest']) {
      await set(what, true);
      expect(await attempt()).toMatchObject({ status: 409, body: { images: ['precious'] } });
      await set(what, false);
    }
    expect((await rest.send('GET', at(id))).body).toMatchObject({ state: 'Active' });
    expect((await attempt()).status).toBe(204);
  });

  it('ends images, manifests, tags and links, tells of those that had been told of, and frees the name', async () => {
    const id = await create('ending');
    const layer = aBlob();
    await pushInto(id, async () => {
      await pushImage(rest.catalog, 'one', ['1', '2'], { layers: [layer] });
      await pushImage(rest.catalog, 'two', ['1']);
      await pushBlob(rest.catalog, 'half', aBlob());
    });
    expect((await rest.send('DELETE', `${at(id)}?name=ending`)).status).toBe(204);
    expect((await rest.send('GET', at(id))).status).toBe(404);
    expect(await seenByDataPlane('ending')).toBeNull();
    const told = (await factsOf(id)).map(({ type, data }) => [type, data['image'] ?? null]);
    expect(told.slice(-3)).toEqual([
      ['image.deleted', 'one'],
      ['image.deleted', 'two'],
      ['repository.deleted', null],
    ]);
    await rest.settle();
    expect(await leftIn(id)).toEqual({ images: 0, manifests: 0, tags: 0, needs: 0, held: 0, ending: 0 });
    const [ended] = await rest.catalog.query<{ ended_by: string }>(
      `SELECT DISTINCT t.ended_by FROM tag t JOIN image i USING (registry_id, image_id) WHERE i.repository_id = $1`,
      [id],
    );
    expect(ended).toEqual({ ended_by: 'admin' });
    expect(await create('ending')).not.toBe(id);
  });

  it('works through thousands of images in batches, is hidden meanwhile, and goes on where it was cut off', async () => {
    const id = await create('large');
    await fill(id, 2_500);
    const request = { accountId: '000000000001', registryId: demo(), repositoryId: id, actor: 'admin' };
    await beginDeletion(rest.catalog.ports, request, 'large');
    expect(await endRepository(rest.catalog.ports, request, 0)).toBe(false);
    expect((await rest.send('GET', at(id))).body).toMatchObject({ state: 'Deleting', imageCount: 2_300 });
    expect(await seenByDataPlane('large')).toBeNull();
    expect((await rest.send('PATCH', at(id), { body: { locked: true } })).status).toBe(409);
    expect((await rest.send('POST', `/${demo()}/repositories`, { body: { name: 'large' } })).status).toBe(409);
    await rest.settle();
    expect((await rest.send('GET', at(id))).status).toBe(404);
    const told = (await factsOf(id)).map(({ type }) => type);
    expect(told.filter((type) => type === 'image.deleted')).toHaveLength(2_500);
    expect(told.filter((type) => type === 'repository.deleted')).toHaveLength(1);
    expect(await leftIn(id)).toEqual({ images: 0, manifests: 0, tags: 0, needs: 0, held: 0, ending: 0 });
  }, 60_000);
});

describe('ensuring a repository for a push', () => {
  const quotas = new CatalogQuotas(5, 100);
  const ensure = (name: string, registryId = closed) =>
    ensureRepository(rest.catalog.ports, quotas, { registryId, name, actor: 'EKPUSH' });

  it('is refused where the registry does not create on push, or is not there', async () => {
    await expect(ensure('fresh')).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringMatching(/create it first/),
    });
    await expect(ensure('fresh', ABSENT)).rejects.toMatchObject({ code: 'NAME_UNKNOWN' });
  });

  it('gives one private repository to all who come together, and tells it once', async () => {
    await rest.send('PATCH', `/${closed}`, { body: { createOnPush: true } });
    const all = await Promise.all(Array.from({ length: 6 }, () => ensure('fresh')));
    const ids = new Set(all.map(({ repositoryId }) => repositoryId));
    expect(ids.size).toBe(1);
    const [id] = [...ids];
    expect((await rest.send('GET', at(id!, closed))).body).toMatchObject({
      visibility: 'private',
      createdBy: 'EKPUSH',
    });
    expect((await factsOf(id!)).map(({ type }) => type)).toEqual(['repository.created']);
  });

  it('keeps to the rules of names and to the quota', async () => {
    await expect(ensure('No')).rejects.toMatchObject({ code: 'NAME_INVALID' });
    const none = new CatalogQuotas(5, 1);
    const request = { registryId: closed, name: 'more', actor: 'EKPUSH' };
    await expect(ensureRepository(rest.catalog.ports, none, request)).rejects.toMatchObject({ code: 'DENIED' });
  });
});

/** Images with one manifest and one tag each, in bulk. */
async function fill(repositoryId: string, count: number): Promise<void> {
  const id = (prefix: string) => `lpad($3 || n::text, 32, '${prefix}')`;
  const rows = `FROM generate_series(1, $2::integer) AS n`;
  const values = [demo(), count, repositoryId.slice(-12)];
  await rest.catalog.query(
    `INSERT INTO image (registry_id, image_id, repository_id, name, announced_at, tag_count, created_at, created_by, modified_at)
     SELECT $1, ${id('a')}, $4, 'image-' || n, now(), 1, now(), 'spec', now() ${rows}`,
    [...values, repositoryId],
  );
  await rest.catalog.query(
    `INSERT INTO manifest (registry_id, manifest_id, image_id, digest, media_type, size, total_size, body, annotations_size, created_at, created_by)
     SELECT $1, ${id('b')}, ${id('a')}, 'sha256:' || n, 'm', 1, 1, '', 2, now(), 'spec' ${rows}`,
    values,
  );
  await rest.catalog.query(
    `INSERT INTO tag (registry_id, image_id, name, valid_from, manifest_id, digest, set_by)
     SELECT $1, ${id('a')}, '1', now(), ${id('b')}, 'sha256:' || n, 'spec' ${rows}`,
    values,
  );
  await rest.catalog.query(`UPDATE repository SET image_count = $2 WHERE repository_id = $1`, [repositoryId, count]);
}

async function leftIn(repositoryId: string): Promise<unknown> {
  const of = (table: string, where: string) =>
    `(SELECT count(*)::integer FROM ${table} JOIN image i USING (registry_id, image_id) WHERE i.repository_id = $1 AND ${where})`;
  const [row] = await rest.catalog.query(
    `SELECT (SELECT count(*)::integer FROM image WHERE repository_id = $1 AND deleted_at IS NULL) AS images,
       ${of('manifest m', 'm.deleted_at IS NULL')} AS manifests, ${of('tag t', 't.valid_to IS NULL')} AS tags,
       ${of('manifest_blob n', 'true')} AS needs, ${of('blob_link l', `l.keep_until = 'infinity'`)} AS held,
       ${of('image_ending e', 'true')} AS ending`,
    [repositoryId],
  );
  return row;
}
