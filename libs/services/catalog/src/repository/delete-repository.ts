import { imageDeleted, repositoryDeleted } from '@entrepot/contracts';
import { conflict } from '@entrepot/platform-http';
import { lockRefusal } from '@entrepot/policy';
import type { Transaction } from '@entrepot/platform-persistence';
import type { CatalogPorts } from '../catalog-ports.js';
import { endImages, lockImagesToEnd } from '../image/ending.store.js';
import { type Deed, tellOfImage } from '../outbox/tell-of-image.js';
import type { Registry } from '../registry/registry.entity.js';
import { lockRegistry } from '../registry/registry.store.js';
import { tellOfRepository } from '../registry/tell-of-registry.js';
import { typedBack } from '../registry/typed-back.js';
import type { Repository } from './repository.entity.js';
import { lockedImages, lockRepository, saveRepository } from './repository.store.js';
import { noRepository, type RepositoryRequest } from './update-repository.js';

/** Images that end in one transaction: its locks, and the outbox's rows, are held for some hundred milliseconds. */
const BATCH = 200;
/** Locked images named in a refusal. */
const MAX_NAMED = 20;

/**
 * Begins the deletion of a repository with all that is in it: from now on nothing in it is found or changed. `endRepository` does the rest.
 * Throws a 404, a 400 when the name is not the repository's, a 409 when it, an image or a digest in it is locked. Asked again, it goes on.
 */
export async function beginDeletion(
  { database, clock }: CatalogPorts,
  request: RepositoryRequest,
  name: string,
): Promise<void> {
  const { accountId, registryId, repositoryId, actor } = request;
  const now = clock();
  await database.inTransaction(async (tx) => {
    const registry = await lockRegistry(tx, accountId, registryId);
    const repository = registry && (await lockRepository(tx, registryId, repositoryId));
    if (!repository) throw noRepository();
    typedBack('repository', repository.name, name);
    await refuseLocked(tx, repository);
    await saveRepository(tx, { ...repository, state: 'Deleting', modifiedAt: now, modifiedBy: actor });
  });
}

/**
 * Ends the images of a repository in state Deleting, a batch in each transaction, and then the repository. May be cut off and repeated, and run
 * in several places. Resolves to false when `deadline` (of `Date.now`) came first.
 */
export async function endRepository(
  { database, clock }: CatalogPorts,
  request: RepositoryRequest,
  deadline = Infinity,
): Promise<boolean> {
  for (;;) {
    const done = await database.inTransaction((tx) => endBatch(tx, request, { actor: request.actor, now: clock() }));
    if (done) return true;
    if (Date.now() >= deadline) return false;
  }
}

async function endBatch(
  tx: Transaction,
  { accountId, registryId, repositoryId }: RepositoryRequest,
  deed: Deed,
): Promise<boolean> {
  const registry = await lockRegistry(tx, accountId, registryId);
  const repository = registry && (await lockRepository(tx, registryId, repositoryId));
  if (!registry || repository?.state !== 'Deleting') return true;
  const ended = await endBatchOfImages(tx, registry, repository, deed);
  if (ended === BATCH) return false;
  await saveRepository(tx, { ...repository, deletedAt: deed.now });
  tellOfRepository(tx, repositoryDeleted, registry, repository, deed);
  return true;
}

async function endBatchOfImages(
  tx: Transaction,
  registry: Registry,
  repository: Repository,
  deed: Deed,
): Promise<number> {
  const { registryId, repositoryId } = repository;
  const images = await lockImagesToEnd(tx, registryId, repositoryId, BATCH);
  const ids = images.map(({ imageId }) => imageId);
  if (ids.length > 0) await endImages(tx, repository, ids, deed);
  const place = {
    accountId: registry.accountId,
    registryId,
    registry: registry.name,
    repositoryId,
    repository: repository.name,
  };
  for (const image of images) {
    // One that never got a manifest was never told of.
    if (image.announced) tellOfImage(tx, imageDeleted, { place, image }, deed, {});
  }
  return images.length;
}

async function refuseLocked(tx: Transaction, { registryId, repositoryId, locked }: Repository): Promise<void> {
  const state = { repositoryLocked: locked, imageLocked: false, manifestLocked: false };
  const refusal = lockRefusal(state, 'delete');
  if (refusal) throw conflict(refusal.message, { rule: refusal.rule });
  const names = await lockedImages(tx, registryId, repositoryId, MAX_NAMED);
  if (names.length === 0) return;
  throw conflict(`Locked images, or images with a locked digest, are in it: ${names.join(', ')}. Unlock them first.`, {
    rule: 'lock:image',
    images: names,
  });
}
