import { registryDeleted } from '@entrepot/contracts';
import { conflict } from '@entrepot/platform-http';
import type { CatalogPorts } from '../catalog-ports.js';
import { linkedRepositories, lockRegistry, saveRegistry } from './registry.store.js';
import { tellOfRegistry } from './tell-of-registry.js';
import { typedBack } from './typed-back.js';
import { noRegistry } from './update-registry.js';

/** Repositories named in a refusal. */
const MAX_NAMED = 20;

/**
 * Ends a registry that holds no repository; what its repositories left behind is released as always. Throws a 404, a 400 when the name is not
 * the registry's, a 409 that names the repositories still linked.
 */
export async function deleteRegistry(
  { database, clock }: CatalogPorts,
  { accountId, registryId, actor }: { accountId: string; registryId: string; actor: string },
  name: string,
): Promise<void> {
  const now = clock();
  await database.inTransaction(async (tx) => {
    const registry = await lockRegistry(tx, accountId, registryId);
    if (!registry) throw noRegistry();
    typedBack('registry', registry.name, name);
    const { names, count } = await linkedRepositories(tx, registryId, MAX_NAMED);
    if (count > 0) throw stillLinked(names, count);
    await saveRegistry(tx, {
      ...registry,
      state: 'Terminating',
      modifiedAt: now,
      modifiedBy: actor,
      deletedAt: now,
    });
    tellOfRegistry(tx, registryDeleted, registry, { actor, now });
  });
}

function stillLinked(names: readonly string[], count: number) {
  const more = count > names.length ? ` and ${count - names.length} more` : '';
  return conflict(`The registry still holds ${names.join(', ')}${more}: delete its repositories first.`, {
    repositories: names,
    repositoryCount: count,
  });
}
