import { type DeleteManifestRequest, type Empty, manifestDeleted, tagDeleted } from '@entrepot/contracts';
import { Digest, oci } from '@entrepot/oci';
import type { Transaction } from '@entrepot/platform-persistence';
import type { CatalogPorts } from '../catalog-ports.js';
import { after, UNDELETE_MS } from '../durations.js';
import { touchImage } from '../image/image.store.js';
import { lockForChange, type WriteScope } from '../image/lock-for-write.js';
import { imageScope } from '../lookup/lookup-memory.js';
import { refuseIfLocked } from '../image/refuse-if-locked.js';
import { type Deed, tellOfImage } from '../outbox/tell-of-image.js';
import { endTagsOf } from '../tag/tag.store.js';
import { endManifest, lockManifest, parentsOf } from './manifest.store.js';

/** Parents named in a refusal. */
const MAX_NAMED = 10;
/** Tags named in the one fact, so that it fits into a message: each tag has a fact of its own too. */
const MAX_TAGS_IN_FACT = 4_000;
/** Facts that are sent before Postgres has taken them. */
const FACTS_AT_ONCE = 256;

/**
 * Ends a manifest and every tag on it. The image stays, even without manifests. Throws `MANIFEST_UNKNOWN`, `DENIED` when a lock covers it, and
 * `UNSUPPORTED` (405) naming the indexes that need it.
 */
export async function deleteManifest(
  { database, clock }: CatalogPorts,
  request: DeleteManifestRequest,
): Promise<Empty> {
  const digest = Digest.parse(request.digest).toString();
  const deed: Deed = { actor: request.actor, now: clock() };
  await database.inTransaction(async (tx) => {
    const scope = await lockForChange(tx, request);
    const { registryId } = scope.place;
    const { imageId } = scope.image;
    tx.changesOnly(imageScope(registryId, imageId));
    const manifest = await lockManifest(tx, registryId, imageId, digest, 'end');
    if (manifest === null) throw oci.manifestUnknown(digest);
    refuseIfLocked(scope, 'delete', { manifestLocked: manifest.locked });
    await refuseIfNeeded(tx, registryId, imageId, digest);
    const { manifestId } = manifest;
    await endManifest(tx, registryId, manifestId, { ...deed, keepUntil: after(deed.now, UNDELETE_MS) });
    const tags = await endTagsOf(tx, registryId, manifestId, deed.actor);
    touchImage(tx, registryId, imageId, { tags: -tags.length }, deed.now);
    await tell(tx, scope, digest, tags, deed);
  });
  return {};
}

async function refuseIfNeeded(tx: Transaction, registryId: string, imageId: string, digest: string): Promise<void> {
  const parents = await parentsOf(tx, registryId, imageId, digest, MAX_NAMED);
  if (parents.length === 0) return;
  throw oci.unsupported(`the manifest is part of ${parents.join(', ')}: delete that first`);
}

async function tell(tx: Transaction, scope: WriteScope, digest: string, tags: string[], deed: Deed): Promise<void> {
  for (const [i, tag] of tags.entries()) {
    tellOfImage(tx, tagDeleted, scope, deed, { tag, digest });
    // A registry may allow any number of tags.
    if ((i + 1) % FACTS_AT_ONCE === 0) await tx.written();
  }
  tellOfImage(tx, manifestDeleted, scope, deed, { digest, tags: tags.slice(0, MAX_TAGS_IN_FACT) });
}
