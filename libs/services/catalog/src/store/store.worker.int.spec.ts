import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BlobStoreUnavailable, StorageRefused } from '@entrepot/blob-store';
import { type Database, DatabaseBusy, type PlatformLogger, silentLogger } from '@entrepot/platform-persistence';
import { ReleaseWorker } from '../blob/release.worker.js';
import { RegistryPlaces } from '../registry/registry-places.js';
import { PlacedStore } from '../testing/placed-store.js';
import { RestCatalog } from '../testing/rest-catalog.js';
import { openUpload } from '../upload/open-upload.js';
import { currentIdentity, renewIncarnation } from './installation.store.js';
import { storeCommand, type StorePorts } from './store-command.js';
import { confirmStore, StoreGuard } from './store-guard.js';
import { StoreWorker } from './store.worker.js';
import { takeTurn } from './turn.store.js';

const HOUR_MS = 3_600_000;

let placed: PlacedStore;
let rest: RestCatalog;
const catalog = () => rest.catalog;
const database = () => catalog().ports.database;

beforeAll(async () => {
  placed = new PlacedStore();
  rest = await RestCatalog.start({ maxRegistries: 50, blobStore: placed.store });
});
afterAll(() => rest?.close());

beforeEach(async () => {
  placed.away = false;
  await confirmStore(database(), placed.store);
});

function guardOf(logger: PlatformLogger = silentLogger): StoreGuard {
  return new StoreGuard(database(), placed.store, logger);
}

/** What another replica, or this one after a restart, would run. */
function workerOf(logger: PlatformLogger = silentLogger): StoreWorker {
  const places = new RegistryPlaces(database(), placed.store, silentLogger);
  return new StoreWorker({
    ports: catalog().ports,
    store: placed.store,
    places,
    guard: guardOf(),
    logger,
  });
}

async function rowOf(registryId: string): Promise<{ state: string; place: string }> {
  const [row] = await catalog().query<{ state: string; place: string }>(
    `SELECT state, place FROM registry WHERE registry_id = $1`,
    [registryId],
  );
  if (!row) throw new Error('no such registry');
  return row;
}

async function created(name: string): Promise<{ registryId: string; state: string }> {
  const { status, body } = await rest.send('POST', '', { body: { name } });
  expect(status).toBe(201);
  return body as { registryId: string; state: string };
}

describe('the place of a registry', () => {
  it('is there when the registry is', async () => {
    const { registryId, state } = await created('placed');
    expect(state).toBe('Running');
    expect(placed.places).toContain(registryId);
    expect(await rowOf(registryId)).toEqual({ state: 'Running', place: 'made' });
  });

  it('is made by the next run of any replica when the store was away, and the registry takes no push until then', async () => {
    placed.away = true;
    const { registryId, state } = await created('later');
    expect(state).toBe('Creating');
    const repositoryId = await catalog().makeRepository('apps', { registryId });
    const scope = { ...catalog().scope('a'), registryId, repositoryId, algorithm: 'sha256' as const };
    await expect(openUpload(catalog().ports, scope)).rejects.toThrow('in state Creating');
    placed.away = false;
    await Promise.all([workerOf().run(), workerOf().run()]);
    expect(await rowOf(registryId)).toEqual({ state: 'Running', place: 'made' });
    expect(placed.places).toContain(registryId);
    await openUpload(catalog().ports, scope);
  });

  it('does not keep its maker waiting while the store is slow, for the gateway would not wait so long', async () => {
    let answer = (): void => undefined;
    placed.slow = new Promise<void>((resolve) => (answer = resolve));
    const pushable = async (registryId: string) => (await rowOf(registryId)).state === 'Running';
    const { registryId, state } = await created('slow');
    expect(state).toBe('Creating');
    answer();
    while (!(await pushable(registryId))) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(placed.places).toContain(registryId);
  });

  it('is made at start for registries that were there before, and again in a store that is another one', async () => {
    const registryId = await catalog().makeRegistry('before');
    await workerOf().prepare();
    expect(placed.places).toContain(registryId);
    placed.places.clear();
    await confirmStore(database(), placed.store);
    await workerOf().prepare();
    expect(placed.places).toContain(registryId);
  });

  it('goes with the registry, once no row names bytes in it', async () => {
    const { registryId } = await created('leaving');
    const repositoryId = await catalog().makeRepository('apps', { registryId });
    const scope = { ...catalog().scope('a'), registryId, repositoryId, algorithm: 'sha256' as const };
    const { uploadId } = await openUpload(catalog().ports, scope);
    await catalog().query(`UPDATE repository SET deleted_at = now() WHERE registry_id = $1`, [registryId]);
    expect((await rest.send('DELETE', `/${registryId}?name=leaving`)).status).toBe(204);
    await workerOf().run();
    expect(placed.places).toContain(registryId);
    await catalog().query(`UPDATE upload SET phase = 'committed', tidy_at = now() WHERE upload_id = $1`, [uploadId]);
    await workerOf().run();
    expect(placed.places).toContain(registryId);
    await catalog().query(`UPDATE upload SET tidy_at = NULL WHERE upload_id = $1`, [uploadId]);
    placed.away = true;
    await expect(workerOf().run()).rejects.toThrow('does not answer');
    placed.away = false;
    await workerOf().run();
    expect(placed.places).not.toContain(registryId);
    expect(await rowOf(registryId)).toEqual({ state: 'Terminating', place: 'removed' });
  });

  it('goes also when it was made while the registry was being deleted', async () => {
    placed.away = true;
    const { registryId } = await created('crossing');
    expect((await rest.send('DELETE', `/${registryId}?name=crossing`)).status).toBe(204);
    placed.away = false;
    const late = new RegistryPlaces(database(), placed.store, silentLogger);
    await workerOf().run();
    await late.makeNow(registryId);
    await workerOf().run();
    expect(placed.places).not.toContain(registryId);
  });
});

describe('whose the store is', () => {
  it('is written into a store of nobody by whichever replica comes first', async () => {
    placed.identityRecord = null;
    await Promise.all([guardOf().claim(), guardOf().claim()]);
    const [row] = await catalog().query(`SELECT installation, incarnation FROM installation`);
    expect(placed.identityRecord).toEqual(row);
    expect(await guardOf().mayRemove()).toBe(true);
  });

  it('keeps us out of the store of another installation', async () => {
    const theirs = { installation: 'theirs', incarnation: '1' };
    placed.identityRecord = theirs;
    const refusal = guardOf().claim();
    await expect(refusal).rejects.toBeInstanceOf(StorageRefused);
    await expect(refusal).rejects.toThrow(/^The blob store can't be used: it belongs to the installation theirs/);
    expect(placed.identityRecord).toEqual(theirs);
  });

  it('is written after an upgrade into the store that has our blobs, and into no other one', async () => {
    await catalog().query(
      `INSERT INTO blob (registry_id, generation, algorithm, hex, size, state, location, store_key, keep_until, created_at)
       VALUES ($1, 'g', 'sha256', 'ab', 1, 'live', '{}', 'k', 'infinity', now())`,
      [catalog().registryId],
    );
    await catalog().query(`UPDATE installation SET store_claimed = false`);
    placed.identityRecord = null;
    placed.keys = ['k2'];
    await expect(guardOf().claim()).rejects.toThrow('this database knows blobs that are in another one');
    expect(placed.identityRecord).toBeNull();
    placed.keys = ['k', 'k2'];
    await guardOf().claim();
    expect(placed.identityRecord).not.toBeNull();
    await catalog().query(`DELETE FROM blob`);
  });

  it('keeps us from an empty store when our bytes are in another one, until that is confirmed', async () => {
    await catalog().query(
      `INSERT INTO blob (registry_id, generation, algorithm, hex, size, state, location, store_key, keep_until, created_at)
       VALUES ($1, 'g', 'sha256', 'ab', 1, 'live', '{}', 'k', 'infinity', now())`,
      [catalog().registryId],
    );
    placed.identityRecord = null;
    await expect(guardOf().claim()).rejects.toThrow('npm run store -- confirm');
    expect(placed.identityRecord).toBeNull();
    await confirmStore(database(), placed.store);
    await guardOf().claim();
    await catalog().query(`DELETE FROM blob`);
  });

  it('stops all removing after a restore, says so once, and lets it go on when an operator confirms', async () => {
    const told: string[] = [];
    const guard = guardOf({ ...silentLogger, error: (_fields, message) => told.push(message) });
    await renewIncarnation(database());
    await guard.claim();
    expect(await guard.mayRemove()).toBe(false);
    expect(told).toEqual([expect.stringContaining('no bytes are removed')]);

    const { registryId } = await created('kept');
    await rest.send('DELETE', `/${registryId}?name=kept`);
    const { uploadId } = await openUpload(catalog().ports, { ...catalog().scope('a'), algorithm: 'sha256' });
    await catalog().query(`UPDATE upload SET phase = 'releasing' WHERE upload_id = $1`, [uploadId]);
    const release = new ReleaseWorker(catalog().ports, placed.store, guard, silentLogger);
    const left = () => catalog().query(`SELECT 1 FROM upload WHERE upload_id = $1`, [uploadId]);
    await release.run();
    await workerOf().run();
    expect(await left()).toHaveLength(1);
    expect(placed.places).toContain(registryId);

    await confirmStore(database(), placed.store);
    await release.run();
    await workerOf().run();
    expect(await left()).toEqual([]);
    expect(placed.places).not.toContain(registryId);
  });

  it('is in doubt when the database runs on another cluster than before, as a copy of it does', async () => {
    const guard = guardOf();
    expect(await guard.mayRemove()).toBe(true);
    await catalog().query(`UPDATE installation SET database_system = 'another'`);
    expect(await guard.mayRemove()).toBe(false);
    expect(await guard.mayRemove()).toBe(false);
  });

  it('is in doubt when the rows are in another database of the same cluster, as a clone for trials is', async () => {
    const guard = guardOf();
    expect(await guard.mayRemove()).toBe(true);
    await catalog().query(`UPDATE installation SET database_system = split_part(database_system, '/', 1) || '/1'`);
    expect(await guard.mayRemove()).toBe(false);
  });

  it('is in no doubt when an earlier release knew the cluster alone', async () => {
    const guard = guardOf();
    expect(await guard.mayRemove()).toBe(true);
    await catalog().query(`UPDATE installation SET database_system = split_part(database_system, '/', 1)`);
    expect(await guard.mayRemove()).toBe(true);
  });

  it('is not believed to be the same while the database can not say where it runs, unless it never may', async () => {
    const asked = (refusal: Error) =>
      currentIdentity({
        query: (text: string, values?: unknown[]) =>
          text.includes('pg_control_system') ? Promise.reject(refusal) : database().query(text, values),
      } as Database);
    await expect(asked(new DatabaseBusy('the database is busy'))).rejects.toThrow('busy');
    const denied = Object.assign(new Error('permission denied for function pg_control_system'), { code: '42501' });
    expect(await asked(denied)).toEqual(placed.identityRecord);
  });

  it('is shown, confirmed and renewed by a command', async () => {
    const said: string[] = [];
    const ports: StorePorts = {
      say: (sentence) => said.push(sentence),
      databaseUrl: (directory) => (directory === undefined ? catalog().url : null),
      openStore: async () => ({ store: placed.store, name: 'https://store.test bucket' }),
    };
    expect(await storeCommand(['show'], ports)).toBe(0);
    expect(await storeCommand(['renew-incarnation'], ports)).toBe(0);
    expect(await storeCommand(['show'], ports)).toBe(1);
    expect(said.at(-1)).toMatch(/^store: {4}installation .* \(https:\/\/store.test bucket\)$/);
    expect(await storeCommand(['confirm'], ports)).toBe(0);
    expect(said.at(-1)).toMatch(/^https:\/\/store.test bucket is the store of the installation /);
    expect(await storeCommand(['show'], ports)).toBe(0);
    expect(await storeCommand(['show', '--data-dir', '/nowhere'], ports)).toBe(1);
    expect(said.at(-1)).toContain('There is no database');
    expect(await storeCommand(['erase'], ports)).toBe(2);
    expect(await storeCommand(['show', '--data-dir'], ports)).toBe(2);
  });
});

describe('writes that were never ended', () => {
  const old = () => new Date(catalog().now.getTime() - 49 * HOUR_MS);

  it('are ended when no session goes on with them and they are old, by one replica at a time', async () => {
    const { key } = await openUpload(catalog().ports, { ...catalog().scope('a'), algorithm: 'sha256' });
    const orphan = `${key.slice(0, -4)}ffff`.replace(/\/[^/]+\/([^/]+)$/, '/ff/$1');
    placed.unfinished = [
      { key, id: 'of a session', startedAt: old() },
      { key: orphan, id: 'abandoned', startedAt: old() },
      { key: orphan, id: 'young', startedAt: catalog().now },
      { key: 'registries/strange', id: 'of somebody else', startedAt: old() },
    ];
    await catalog().query(`DELETE FROM turn`);
    await Promise.all([workerOf().run(), workerOf().run(), workerOf().run()]);
    expect(placed.unfinished.map(({ id }) => id)).toEqual(['of a session', 'young', 'of somebody else']);
  });

  it('are ended as far as the store lists them, and the log says which bucket refused', async () => {
    const told: unknown[] = [];
    placed.unfinished = [{ key: `registries/ab/blobs/ff/00ff`, id: 'abandoned', startedAt: old() }];
    placed.refusal = new BlobStoreUnavailable('what is in the buckets registry-b could not be listed', false);
    await catalog().query(`DELETE FROM turn`);
    try {
      await workerOf({ ...silentLogger, warn: (fields) => told.push(fields) }).run();
    } finally {
      placed.refusal = null;
    }
    expect(placed.unfinished).toEqual([]);
    expect(told).toEqual([{ err: expect.objectContaining({ message: expect.stringContaining('registry-b') }) }]);
  });

  it('stay while the store may not be ours', async () => {
    placed.unfinished = [{ key: 'registries/ab/blobs/ff/00ff', id: 'abandoned', startedAt: old() }];
    await renewIncarnation(database());
    await catalog().query(`DELETE FROM turn`);
    await workerOf().run();
    expect(placed.unfinished).toHaveLength(1);
  });
});

describe('a turn', () => {
  it('is taken by one of many, and again when it is due', async () => {
    const take = () => takeTurn(database(), 'spec', catalog().now, 3_600);
    expect((await Promise.all(Array.from({ length: 8 }, take))).filter(Boolean)).toHaveLength(1);
    expect(await take()).toBe(false);
    catalog().now = new Date(catalog().now.getTime() + HOUR_MS);
    expect((await Promise.all(Array.from({ length: 8 }, take))).filter(Boolean)).toHaveLength(1);
  });
});
