import type { Fact, RegistryFact, RepositoryFact } from '@entrepot/contracts';
import { appendFact, type Transaction } from '@entrepot/platform-persistence';
import type { Deed } from '../outbox/tell-of-image.js';
import type { Registry } from './registry.entity.js';

type Named = Pick<Registry, 'accountId' | 'registryId' | 'name'>;

/** Writes a fact about a registry whose row is locked, so that facts about it are published in the order of its changes. */
export function tellOfRegistry(
  tx: Transaction,
  fact: Fact<RegistryFact>,
  { accountId, registryId, name }: Named,
  { actor, now }: Deed,
): void {
  const context = { accountId, registryId, orderingKey: registryId, actor, subject: name, now };
  appendFact(tx, fact, context, { registryId, registry: name, actor });
}

/** The same about one of its repositories: the registry's row must be locked here too. */
export function tellOfRepository(
  tx: Transaction,
  fact: Fact<RepositoryFact>,
  { accountId, registryId, name }: Named,
  repository: { repositoryId: string; name: string },
  { actor, now }: Deed,
): void {
  const subject = `${name}/${repository.name}`;
  const context = { accountId, registryId, orderingKey: registryId, actor, subject, now };
  const { repositoryId, name: repositoryName } = repository;
  appendFact(tx, fact, context, { registryId, registry: name, actor, repositoryId, repository: repositoryName });
}
