import { registryCreated, repositoryCreated } from '@entrepot/contracts';
import { appendFact, type Transaction } from '@entrepot/platform-persistence';
import type { CatalogPorts } from './catalog-ports.js';
import type { RegistryEncryption } from './encryption/registry-encryption.js';
import { insertKey } from './encryption/registry-key.store.js';
import { newId } from './new-id.js';

const REGISTRY = 'demo';
const REPOSITORIES = ['apps', 'charts'];
const ACTOR = 'catalog';
const HAD_REGISTRY = `SELECT 1 FROM registry WHERE account_id = $1 LIMIT 1`;

/**
 * Makes the default account's registry `demo` with the repositories `apps` and `charts`, when the account has never had a registry. What its
 * owner deletes is not made again. Safe when several replicas start at once.
 */
export async function ensureDefaults(
  { database, defaultAccountId, clock }: CatalogPorts,
  encryption: RegistryEncryption,
): Promise<void> {
  const now = clock();
  const [had] = await database.query(HAD_REGISTRY, [defaultAccountId]);
  if (had !== undefined) return;
  const registryId = newId(now);
  const key = await encryption.keyFor(registryId, undefined);
  await database.inTransaction(async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('entrepot.catalog.seed', 0))`);
    const [had] = await tx.query(HAD_REGISTRY, [defaultAccountId]);
    if (had !== undefined) return;
    await makeRegistry(tx, defaultAccountId, registryId, key !== null, now);
    if (key) await insertKey(tx, key, { actor: ACTOR, now });
    for (const repository of REPOSITORIES) await makeRepository(tx, defaultAccountId, registryId, repository, now);
  });
}

async function makeRegistry(
  tx: Transaction,
  accountId: string,
  registryId: string,
  encrypted: boolean,
  now: Date,
): Promise<void> {
  await tx.query(
    `INSERT INTO registry (registry_id, account_id, name, visibility, public_repositories_allowed, created_at, created_by, modified_at, modified_by, encrypted)
     VALUES ($1, $2, $3, 'private', true, $4, $5, $4, $5, $6)`,
    [registryId, accountId, REGISTRY, now, ACTOR, encrypted],
  );
  const context = { accountId, registryId, orderingKey: registryId, actor: ACTOR, subject: REGISTRY, now };
  appendFact(tx, registryCreated, context, { registryId, registry: REGISTRY, actor: ACTOR });
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
  appendFact(tx, repositoryCreated, context, data);
}
