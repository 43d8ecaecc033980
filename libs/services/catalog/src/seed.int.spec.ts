import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CatalogPorts } from './catalog-ports.js';
import { NO_ENCRYPTION, RegistryEncryption } from './encryption/registry-encryption.js';
import { ensureDefaults } from './seed.js';
import { StatisticsWorker } from './statistics.worker.js';
import { silentLogger } from '@entrepot/platform-persistence';
import { ScratchCatalog } from './testing/scratch-catalog.js';

const PLAIN = new RegistryEncryption(NO_ENCRYPTION);
let catalog: ScratchCatalog;
let fresh: CatalogPorts;
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
  fresh = new CatalogPorts(catalog.ports.database, catalog.ports.lookups, catalog.ports.memory, '000000000009');
});
afterAll(() => catalog?.close());

const made = () =>
  catalog.query(
    `SELECT r.name, r.visibility, r.public_repositories_allowed AS "publicAllowed", p.name AS repository, p.visibility AS of
     FROM registry r JOIN repository p USING (registry_id) WHERE r.account_id = '000000000009' AND r.deleted_at IS NULL ORDER BY p.name`,
  );

describe('the first start', () => {
  it('makes the registry and its repositories once, whoever starts with it, and tells so', async () => {
    await Promise.all([ensureDefaults(fresh, PLAIN), ensureDefaults(fresh, PLAIN), ensureDefaults(fresh, PLAIN)]);
    const registry = { name: 'demo', visibility: 'private', publicAllowed: true, of: 'private' };
    expect(await made()).toEqual([
      { ...registry, repository: 'apps' },
      { ...registry, repository: 'charts' },
    ]);
    const told = await catalog.query<{ type: string }>(
      `SELECT type FROM outbox WHERE account_id = '000000000009' ORDER BY position`,
    );
    expect(told.map(({ type }) => type)).toEqual(['registry.created', 'repository.created', 'repository.created']);
  });

  it('does not make again what was deleted', async () => {
    await catalog.query(`UPDATE registry SET deleted_at = now() WHERE account_id = '000000000009'`);
    await ensureDefaults(fresh, PLAIN);
    expect(await made()).toEqual([]);
  });
});

describe('the statistics worker', () => {
  it('takes statistics of a table that has grown, and leaves it alone then', async () => {
    // Autovacuum might be faster than the worker, and counters be published up to ten seconds later.
    await catalog.query(`ALTER TABLE activity_report SET (autovacuum_enabled = false)`);
    await catalog.query(
      `INSERT INTO activity_report SELECT registry_id, n::text, now() FROM registry, generate_series(1, 500) n LIMIT 500;
       SELECT pg_stat_force_next_flush()`,
    );
    const worker = new StatisticsWorker(catalog.ports.database, silentLogger);
    expect(await worker.run()).toContain('activity_report');
    expect(await worker.run()).not.toContain('activity_report');
  });
});
