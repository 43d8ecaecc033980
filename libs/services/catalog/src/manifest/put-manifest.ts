import { imageCreated, imagePushed, type PutManifestReply, type PutManifestRequest } from '@entrepot/contracts';
import type { Transaction } from '@entrepot/platform-persistence';
import type { CatalogPorts } from '../catalog-ports.js';
import { touchImage } from '../image/image.store.js';
import { lockForPush, type WriteScope } from '../image/lock-for-write.js';
import { imageScope } from '../lookup/lookup-memory.js';
import { newId } from '../new-id.js';
import { type Deed, tellOfImage } from '../outbox/tell-of-image.js';
import { moveTags } from '../tag/move-tags.js';
import { insertManifest, lockManifest } from './manifest.store.js';
import { type ManifestPush, readPush } from './read-push.js';
import { requireNeeds } from './require-needs.js';

/**
 * Stores a manifest and points tags at it, with the facts, in one transaction. Idempotent: pushed again it moves only the tags that point
 * elsewhere, and says nothing when nothing changed. Pushes to one image wait for each other at its row.
 */
export async function putManifest(ports: CatalogPorts, request: PutManifestRequest): Promise<PutManifestReply> {
  const push = readPush(request);
  const deed: Deed = { actor: request.actor, now: ports.clock() };
  await ports.database.inTransaction(async (tx) => {
    const scope = await lockForPush(tx, request, 'change', deed.now);
    tx.changesOnly(imageScope(scope.place.registryId, scope.image.imageId));
    const { manifestId, stored } = await storeOnce(tx, scope, push, deed);
    const target = { manifestId, digest: push.digest.toString() };
    const tags = await moveTags(tx, scope, push.tags, target, deed);
    if (!stored && tags.changed.length === 0) return;
    const { registryId } = scope.place;
    touchImage(tx, registryId, scope.image.imageId, { tags: tags.added, announce: true }, deed.now);
    if (!scope.image.announced) tellOfImage(tx, imageCreated, scope, deed, {});
    tags.tell();
    tellPushed(tx, scope, push, deed);
  });
  const { digest, parsed, tags } = push;
  return { digest: digest.toString(), subject: parsed.subject?.digest.toString() ?? null, tags };
}

async function storeOnce(
  tx: Transaction,
  scope: WriteScope,
  { digest, body, parsed }: ManifestPush,
  deed: Deed,
): Promise<{ manifestId: string; stored: boolean }> {
  const { registryId } = scope.place;
  const { imageId } = scope.image;
  const known = await lockManifest(tx, registryId, imageId, digest.toString(), 'keep');
  if (known !== null) return { manifestId: known.manifestId, stored: false };
  const needs = await requireNeeds(tx, registryId, imageId, parsed);
  const manifestId = newId(deed.now);
  insertManifest(tx, registryId, imageId, { manifestId, digest: digest.toString(), body, parsed, ...needs }, deed);
  return { manifestId, stored: true };
}

function tellPushed(tx: Transaction, scope: WriteScope, push: ManifestPush, deed: Deed): void {
  const { digest, parsed, tags } = push;
  tellOfImage(tx, imagePushed, scope, deed, {
    digest: digest.toString(),
    mediaType: parsed.mediaType,
    artifactType: parsed.artifactType,
    size: parsed.totalSize,
    tags,
    subject: parsed.subject?.digest.toString() ?? null,
  });
}
