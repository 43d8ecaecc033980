import { type Member, storedStateOf } from '@entrepot/blob-store';
import type { Database } from '@entrepot/platform-persistence';
import { locate } from './locate.js';
import { storedBlobs, uploadStates } from './stored-blobs.store.js';

/** What rows name in one store. */
export interface Holding {
  /** Null: in none of the stores that were named. */
  readonly driver: string | null;
  blobs: number;
  /** Of the live blobs. */
  bytes: number;
  /** Bytes on their way out, and such as are given to nobody. */
  leaving: number;
  uploads: number;
}

/** Of each store in its order, and last of those that were not named. */
export async function holdings(
  database: Database,
  members: readonly Member[],
  registryId: string | null,
): Promise<Holding[]> {
  const names = [...members.map(({ driver }) => driver), null];
  const found = names.map((driver): Holding => ({ driver, blobs: 0, bytes: 0, leaving: 0, uploads: 0 }));
  const of = (member: Member | null): Holding => found[member ? members.indexOf(member) : members.length] as Holding;
  for await (const { location, state, leaving, size } of storedBlobs(database, registryId)) {
    // A copy on its way has no location, and is in the first store.
    const holding = of(location ? locate(members, location) : (members[0] ?? null));
    if (state === 'live' && !leaving) {
      holding.blobs++;
      holding.bytes += size;
    } else holding.leaving++;
  }
  for await (const state of uploadStates(database, registryId)) {
    const record = storedStateOf(state);
    of(members.find((member) => member.owns(record)) ?? null).uploads++;
  }
  return found;
}

/** Whether rows name anything in it. */
export function isUsed({ blobs, leaving, uploads }: Holding): boolean {
  return blobs + leaving + uploads > 0;
}
