import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { CreateRegistriesAndRepositories1763700000000 } from './1763700000000-create-registries-and-repositories.js';
import { CreateBlobsAndUploads1763700000001 } from './1763700000001-create-blobs-and-uploads.js';
import { CreateManifestsAndTags1763700000002 } from './1763700000002-create-manifests-and-tags.js';
import { CreateActivityReports1763700000003 } from './1763700000003-create-activity-reports.js';
import { CreateRegistryKeys1763700000020 } from './1763700000020-create-registry-keys.js';
import { ScrubBlobs1763700000060 } from './1763700000060-scrub-blobs.js';

let catalog: ScratchCatalog;
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
});
afterAll(() => catalog?.close());

/** Not sharded: the outbox and the migrations' own table are each shard's own, so is whose its store is and whose turn, and `registry`'s names are in a reference table. */
const EXEMPT = ['outbox', 'migrations', 'installation', 'turn'];
const EXEMPT_INDEXES = ['registry_name'];

describe('the schema', () => {
  it('begins every primary key and unique index with the registry’s id, so that it can be sharded', async () => {
    const indexes = await catalog.query<{ table: string; index: string; first: string }>(
      `SELECT t.relname AS table, i.relname AS index, a.attname AS first
       FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
       JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'catalog'
       JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
       WHERE x.indisunique AND t.relkind = 'r'`,
    );
    const checked = indexes.filter(({ table, index }) => !EXEMPT.includes(table) && !EXEMPT_INDEXES.includes(index));
    expect(checked.filter(({ first }) => first !== 'registry_id')).toEqual([]);
    expect(new Set(checked.map(({ table }) => table)).size).toBeGreaterThanOrEqual(10);
  });

  it('has a primary key on every table, and byte order on every column of a key', async () => {
    const without = await catalog.query(
      `SELECT t.relname FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'catalog'
       WHERE t.relkind = 'r' AND NOT EXISTS (SELECT 1 FROM pg_index x WHERE x.indrelid = t.oid AND x.indisprimary)`,
    );
    expect(without).toEqual([]);
    const others = await catalog.query(
      `SELECT t.relname, a.attname FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid
       JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'catalog'
       JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY(x.indkey::int2[]) AND a.atttypid = 'text'::regtype
       JOIN pg_collation c ON c.oid = a.attcollation
       WHERE c.collname <> 'C' AND t.relname <> ALL($1)`,
      [EXEMPT],
    );
    expect(others).toEqual([]);
  });

  it('refers to rows of the same registry only', async () => {
    const keys = await catalog.query<{ name: string; first: string }>(
      `SELECT k.conname AS name, a.attname AS first FROM pg_constraint k
       JOIN pg_namespace n ON n.oid = k.connamespace AND n.nspname = 'catalog'
       JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] WHERE k.contype = 'f'`,
    );
    expect(keys.length).toBeGreaterThan(5);
    expect(keys.filter(({ first }) => first !== 'registry_id')).toEqual([]);
  });

  it('can be taken back and made again', async () => {
    const migrations = [
      CreateRegistriesAndRepositories1763700000000,
      CreateBlobsAndUploads1763700000001,
      CreateManifestsAndTags1763700000002,
      CreateActivityReports1763700000003,
      CreateRegistryKeys1763700000020,
      ScrubBlobs1763700000060,
    ];
    const source = new DataSource({
      type: 'postgres',
      url: catalog.url,
      schema: 'back',
      migrations,
      extra: { options: '-c search_path=back' },
    });
    await catalog.query('CREATE SCHEMA back');
    await source.initialize();
    const tables = async () =>
      catalog.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'back' AND tablename <> 'migrations'`);
    await source.runMigrations();
    expect((await tables()).length).toBeGreaterThanOrEqual(10);
    for (const migration of migrations) {
      expect(migration.name).toMatch(/\d{13}$/);
      await source.undoLastMigration();
    }
    expect(await tables()).toEqual([]);
    await source.runMigrations();
    await source.destroy();
  });
});
