import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { ImageScope } from '@entrepot/contracts';
import { silentLogger } from '@entrepot/platform-persistence';
import { openCatalogDatabase, openLookupDatabase } from '../catalog-database.js';
import { CatalogPorts } from '../catalog-ports.js';
import { LookupMemory } from '../lookup/lookup-memory.js';
import { newId } from '../new-id.js';

export const ACCOUNT = '000000000001';

/** A fact as it waits in the outbox. */
export interface WaitingFact {
  type: string;
  data: Record<string, unknown>;
}

/** A catalog on a database of its own, with the registry `demo` and its repository `apps`, and a clock that a spec may move. */
export class ScratchCatalog {
  now = new Date();

  private constructor(
    readonly ports: CatalogPorts,
    readonly url: string,
    private readonly admin: string,
    private readonly name: string,
  ) {}

  registryId = '';
  repositoryId = '';

  /** `ENTREPOT_TEST_POSTGRES_URL` is a superuser's URL of a running server. */
  static async open(): Promise<ScratchCatalog> {
    const admin = process.env['ENTREPOT_TEST_POSTGRES_URL'];
    if (!admin) throw new Error('ENTREPOT_TEST_POSTGRES_URL names no Postgres server');
    const name = `catalog_${randomBytes(6).toString('hex')}`;
    await run(admin, `CREATE DATABASE ${name}`);
    const url = Object.assign(new URL(admin), { pathname: `/${name}` }).href;
    const scratch: ScratchCatalog = new ScratchCatalog(await openPorts(url, () => scratch.now), url, admin, name);
    scratch.registryId = await scratch.makeRegistry('demo');
    scratch.repositoryId = await scratch.makeRepository('apps');
    return scratch;
  }

  async close(): Promise<void> {
    await closePorts(this.ports);
    await run(this.admin, `DROP DATABASE ${this.name} WITH (FORCE)`);
  }

  /** Another catalog on the same database. */
  async another(): Promise<{ ports: CatalogPorts; close: () => Promise<void> }> {
    const ports = await openPorts(this.url, () => this.now);
    return { ports, close: () => closePorts(ports) };
  }

  async makeRegistry(name: string, { accountId = ACCOUNT, visibility = 'private' } = {}): Promise<string> {
    const id = newId(this.now);
    await this.ports.database.query(
      `INSERT INTO registry (registry_id, account_id, name, visibility, public_repositories_allowed, created_at, created_by, modified_at, modified_by)
       VALUES ($1, $2, $3, $4, true, now(), 'spec', now(), 'spec')`,
      [id, accountId, name, visibility],
    );
    return id;
  }

  async makeRepository(name: string, { registryId = this.registryId, visibility = 'private' } = {}): Promise<string> {
    const id = newId(this.now);
    await this.ports.database.query(
      `INSERT INTO repository (registry_id, repository_id, name, visibility, policies, created_at, created_by, modified_at, modified_by)
       VALUES ($1, $2, $3, $4, '{"scan":{"onPush":true}}', now(), 'spec', now(), 'spec')`,
      [registryId, id, name, visibility],
    );
    return id;
  }

  scope(image: string, actor = 'EKSPEC'): ImageScope {
    return { registryId: this.registryId, repositoryId: this.repositoryId, image, actor };
  }

  async imageId(image: string): Promise<string> {
    const [row] = await this.query<{ image_id: string }>(
      `SELECT image_id FROM image WHERE repository_id = $1 AND name = $2 AND deleted_at IS NULL`,
      [this.repositoryId, image],
    );
    if (!row) throw new Error(`no image ${image}`);
    return row.image_id;
  }

  query<T>(text: string, values: unknown[] = []): Promise<T[]> {
    return this.ports.database.query<T>(text, values);
  }

  /** Facts about one image, in their order; all facts when none is named. */
  async facts(image?: string): Promise<WaitingFact[]> {
    return this.query(`SELECT type, data FROM outbox WHERE $1::text IS NULL OR data->>'image' = $1 ORDER BY position`, [
      image ?? null,
    ]);
  }

  /** A day and an hour later: what was kept for a day is due. */
  nextDay(): void {
    this.now = new Date(this.now.getTime() + 25 * 3_600_000);
  }
}

async function openPorts(url: string, clock: () => Date): Promise<CatalogPorts> {
  const database = await openCatalogDatabase(url, silentLogger);
  const lookups = await openLookupDatabase(url, silentLogger);
  const memory = LookupMemory.open(database, { answers: 10_000, aloneAfterMs: 0, logger: silentLogger }, clock);
  return new CatalogPorts(database, lookups, memory, ACCOUNT, clock);
}

async function closePorts({ memory, lookups, database }: CatalogPorts): Promise<void> {
  await memory.close();
  await lookups.close();
  await database.close();
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
