import { oci } from '@entrepot/oci';
import { quotaRefusal } from '@entrepot/policy';
import type { Transaction } from '@entrepot/platform-persistence';
import type { Place } from '../image/place.store.js';
import { countAlone, usageOf } from './usage.store.js';

/** With less than this share of the limit left, new blobs of a registry are counted one at a time, and the limit is exact. */
const COUNT_ALONE_BELOW = 0.1;

/**
 * Throws `DENIED`, with the numbers, when the registry has no room for a blob that it does not have yet. Far from the limit pushes do not wait for
 * each other: those that commit in the same moment may together go over it, by what these blobs have in all and not more. Must be called before the blob's row is locked, so that nobody waits in a circle.
 */
export async function requireRoom(
  tx: Transaction,
  { registryId, limits }: Pick<Place, 'registryId' | 'limits'>,
  adding: number,
): Promise<void> {
  const limit = limits.bytes ?? null;
  if (limit === null || adding === 0) return;
  let used = await usageOf(tx, registryId);
  if (limit - used - adding < limit * COUNT_ALONE_BELOW) {
    await countAlone(tx, registryId);
    used = await usageOf(tx, registryId);
  }
  const refusal = quotaRefusal({ kind: 'bytes', used, limit, adding });
  if (refusal) throw oci.quotaExceeded(refusal.message);
}
