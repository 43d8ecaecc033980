import type { MountBlobReply, MountBlobRequest } from '@entrepot/contracts';
import { Digest } from '@entrepot/oci';
import type { Transaction } from '@entrepot/platform-persistence';
import type { CatalogPorts } from '../catalog-ports.js';
import { after, KEEP_MS } from '../durations.js';
import { lockForPush } from '../image/lock-for-write.js';
import { imageScope } from '../lookup/lookup-memory.js';
import { linkBlob } from './blob-link.store.js';
import { keepLiveBlob } from './blob.store.js';

/**
 * Links the image to a live blob that one of the sources holds; the asker has checked that its caller may pull from them. `mounted` is false
 * when none holds it, and when its release has begun: the client then uploads.
 */
export async function mountBlob({ database, clock }: CatalogPorts, request: MountBlobRequest): Promise<MountBlobReply> {
  const { registryId } = request;
  const digest = Digest.parse(request.digest);
  const now = clock();
  const keepUntil = after(now, KEEP_MS);
  const mounted = await database.inTransaction(async (tx) => {
    if (!(await sourceHolds(tx, request, digest))) return false;
    const { image } = await lockForPush(tx, request, 'link', now);
    tx.changesOnly(imageScope(registryId, image.imageId));
    const live = await keepLiveBlob(tx, registryId, digest, keepUntil);
    if (live === null) return false;
    await linkBlob(tx, registryId, image.imageId, digest, live.generation, { now, keepUntil });
    return true;
  });
  return { mounted };
}

async function sourceHolds(tx: Transaction, request: MountBlobRequest, { algorithm, hex }: Digest): Promise<boolean> {
  const { registryId, sourceRepositoryIds, sourceImage } = request;
  const rows = await tx.ask({
    name: 'blob-source-holds',
    text: `SELECT 1 FROM blob b
      JOIN blob_link l ON l.registry_id = b.registry_id AND l.generation = b.generation
      JOIN image i ON i.registry_id = l.registry_id AND i.image_id = l.image_id AND i.deleted_at IS NULL
      JOIN repository p ON p.registry_id = i.registry_id AND p.repository_id = i.repository_id AND p.deleted_at IS NULL
      WHERE b.registry_id = $1 AND b.algorithm = $3 AND b.hex = $4 AND b.state = 'live'
        AND i.repository_id = ANY($2::text[]) AND ($5::text IS NULL OR i.name = $5) LIMIT 1`,
    values: [registryId, sourceRepositoryIds, algorithm, hex, sourceImage],
  });
  return rows.length > 0;
}
