import { registryCreated, repositoryCreated } from '@entrepot/contracts';
import { appendFact, type Transaction } from '@entrepot/platform-persistence';
import type { CatalogPorts } from './catalog-ports.js';
import { newId } from './new-id.js';

const REGISTRY = 'demo';
const REPOSITORIES = ['apps', 'charts'];
const ACTOR = 'catalog';

/**
 * Makes the default account's registry `demo` with the repositories `apps` and `charts`, when the account has never had a registry. What its
 * owner deletes is not made again. Safe when several replicas start at once.
 */
export async function ensureDefaults({ database, defaultAccountId, clock }: CatalogPorts): Promise<void> {
  const now = clock();
  await database.inTransaction(async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('entrepot.catalog.seed', 0))`);
    const [had] = await tx.query(`SELECT 1 FROM registry WHERE account_id = $1 LIMIT 1`, [defaultAccountId]);
    if (had !== undefined) return;
    const registryId = newId(now);
    await makeRegistry(tx, defaultAccountId, registryId, now);
    for (const repository of REPOSITORIES) await makeRepository(tx, defaultAccountId, registryId, repository, now);
  });
}

async function makeRegistry(tx: Transaction, accountId: string, registryId: string, now: Date): Promise<void> {
  await tx.query(
    `INSERT INTO registry (registry_id, account_id, name, visibility, public_repositories_allowed, created_at, created_by, modified_at, modified_by)
     VALUES ($1, $2, $3, 'private', true, $4, $5, $4, $5)`,
    [registryId, accountId, REGISTRY, now, ACTOR],
  );
  const context = { accountId, registryId, orderingKey: registryId, actor: ACTOR, subject: REGISTRY, now };
  await appendFact(tx, registryCreated, context, { registryId, registry: REGISTRY, actor: ACTOR });
}

async function makeRepository(
  tx: Transaction,
  accountId: string,
  registryId: string,
  repository: string,
  now: Date,
): Promise<void> {
  const repositoryId = newId(now);
  await tx.query(
    `INSERT INTO repository (registry_id, repository_id, name, visibility, created_at, created_by, modified_at, modified_by)
     VALUES ($1, $2, $3, 'private', $4, $5, $4, $5)`,
    [registryId, repositoryId, repository, now, ACTOR],
  );
  const subject = `${REGISTRY}/${repository}`;
  const context = { accountId, registryId, orderingKey: registryId, actor: ACTOR, subject, now };
  const data = { registryId, registry: REGISTRY, actor: ACTOR, repositoryId, repository };
  await appendFact(tx, repositoryCreated, context, data);
}
