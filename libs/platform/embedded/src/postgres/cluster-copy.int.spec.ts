import { describe, it, expect, afterAll, beforeAll } from '@jest/globals';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataDirectory } from '../data-directory/data-directory.js';
import { silentLogger as logger } from '../embedded-logger.js';
import { temporaryData } from '../spec/temporary-data.js';
import { copyIn, copyOut } from './cluster-copy.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { UPGRADE_COMPLETE, UPGRADE_FOLDER } from './postgres-cluster.js';
import { withClient } from './service-schema.js';

const TABLES = `
  create table parent (id bigint generated always as identity primary key, name text not null, upper_name text generated always as (upper(name)) stored);
  create table child (parent_id bigint not null references parent, bytes bytea, at timestamptz, span tstzrange, tags text[], doc jsonb);
  create table migrations (id serial, name text);
`;
const ROWS = String.raw`
  insert into parent (name) select 'a' || chr(9) || '\N ' || chr(10) || n from generate_series(1, 500) n;
  insert into child select id, '\x00ff'::bytea, '2026-11-21 09:00:00.123456+00', '[2026-11-21,)', array['x', null, '{'], '{"a": "\\n"}' from parent;
`;
const DIGEST = `select md5(string_agg(p::text || c::text, '|' order by p.id)) as digest from parent p join child c on parent_id = id`;

let [from, to]: { data: DataDirectory; remove(): void }[] = [];
beforeAll(() => {
  [from, to] = [temporaryData(), temporaryData()];
});
afterAll(() => [from, to].forEach((it) => it?.remove()));

async function withCatalog<T>(
  data: DataDirectory,
  work: (postgres: EmbeddedPostgres, url: string) => Promise<T>,
): Promise<T> {
  const postgres = await EmbeddedPostgres.start({ data, logger });
  try {
    return await work(postgres, await postgres.ensureService({ service: 'catalog' }));
  } finally {
    await postgres.stop();
  }
}

const ask = (url: string, statement: string) =>
  withClient(url, async (client) => (await client.query<Record<string, unknown>>(statement)).rows);

describe('copyOut and copyIn', () => {
  it('bring all rows and sequences from one cluster to another that has the same tables', async () => {
    const [source, target] = [from?.data, to?.data] as [DataDirectory, DataDirectory];
    const before = await withCatalog(source, async (postgres, url) => {
      await ask(url, TABLES + ROWS);
      await copyOut(postgres.adminUrl(), source.postgres);
      return ask(url, DIGEST);
    });

    await withCatalog(target, async (postgres, url) => {
      // What a first start left in the tables gives way.
      await ask(
        url,
        `${TABLES} insert into parent (name) values ('made by the first start'); insert into migrations (name) values ('m')`,
      );
      expect(await copyIn(postgres.adminUrl(), target.postgres, source.postgres)).toBe(1000);
      expect(await ask(url, DIGEST)).toEqual(before);
      expect(await ask(url, 'select * from migrations')).toEqual([]);
      expect(await ask(url, "insert into parent (name) values ('next') returning id, upper_name")).toEqual([
        { id: '501', upper_name: 'NEXT' },
      ]);
      await expect(ask(url, 'insert into child (parent_id) values (9999)')).rejects.toThrow('foreign key');
    });
    expect(existsSync(join(target.postgres, 'entrepot-copy'))).toBe(false);
  }, 60_000);

  it('change nothing when a table is missing where they go', async () => {
    const [source, target] = [from?.data, to?.data] as [DataDirectory, DataDirectory];
    await withCatalog(source, async (postgres, url) => {
      await ask(url, 'create table only_here (a int)');
      await copyOut(postgres.adminUrl(), source.postgres);
    });
    await withCatalog(target, async (postgres, url) => {
      await expect(copyIn(postgres.adminUrl(), target.postgres, source.postgres)).rejects.toThrow('only_here');
      expect(await ask(url, 'select count(*)::int from parent')).toEqual([{ count: 501 }]);
    });
  }, 60_000);
});

describe('an upgrade that was cut off between putting the old cluster aside and the new one in its place', () => {
  it('is finished by the next start', async () => {
    const { data } = to as { data: DataDirectory };
    const upgrade = join(data.path, UPGRADE_FOLDER);
    mkdirSync(upgrade);
    renameSync(data.postgres, join(upgrade, 'postgres'));
    writeFileSync(join(upgrade, UPGRADE_COMPLETE), '');
    await withCatalog(data, async (_, url) => {
      expect(await ask(url, 'select count(*)::int from parent')).toEqual([{ count: 501 }]);
    });
  }, 60_000);
});
