import {
  type BlobStore,
  BlobStoreUnavailable,
  type KeyLister,
  membersOf,
  type RecordOwner,
  type StoreIdentity,
  type StoreMembers,
  storedRecordOf,
  StorageRefused,
} from '@entrepot/blob-store';
import type { Database, PlatformLogger } from '@entrepot/platform-persistence';
import { wantAllPlaces } from '../registry/registry-place.store.js';
import { storedBlobs } from './copy/stored-blobs.store.js';
import { currentIdentity, hasBytesElsewhere, isOurs, markStoreClaimed, someStoredKeys } from './installation.store.js';

/** Blobs that a store is asked for before it is claimed by a database that has claimed none: one of them may be lost. */
const SOME_BLOBS = 5;

const ELSEWHERE =
  'it says of no installation that it is its store, and this database knows blobs that are in another one: name that one, or confirm this one with npm run store -- confirm';

/** What is asked of a store about whose it is. */
export type IdentifiedStore = Pick<BlobStore, 'identity' | 'writeIdentity'> &
  Partial<StoreMembers & RecordOwner & KeyLister>;

/**
 * Whether bytes may be removed from the store: only while it, and each of several, carries the ids that the database has. After a restore, or from a copy of the
 * database, rows don't know what was stored since; then nothing is removed until an operator confirms the store.
 */
export class StoreGuard {
  #told: string | null = null;

  constructor(
    private readonly database: Database,
    private readonly store: IdentifiedStore,
    private readonly logger: PlatformLogger,
  ) {}

  /**
   * At start. Claims a store that nobody has claimed, also beside one of ours. Throws `StorageRefused` when another installation has, or when
   * our bytes are elsewhere.
   */
  async claim(): Promise<void> {
    try {
      const ours = await currentIdentity(this.database);
      const found = await this.#identities();
      for (const theirs of found) {
        if (theirs && theirs.installation !== ours.installation) throw new StorageRefused(foreign(ours, theirs));
      }
      if (found.every((theirs) => theirs === null)) await this.#claimFresh();
      else if (found.includes(null)) await this.#claimBesides(ours);
      this.#tell(ours, await this.#identities());
      await markStoreClaimed(this.database);
    } catch (error) {
      if (error instanceof BlobStoreUnavailable) throw new StorageRefused(error.message, { cause: error });
      throw error;
    }
  }

  /** Asked before each run of whoever removes bytes. Fails when the store or the database does not answer. */
  async mayRemove(): Promise<boolean> {
    const ours = await currentIdentity(this.database);
    return this.#tell(ours, await this.#identities());
  }

  #identities(): Promise<(StoreIdentity | null)[]> {
    return Promise.all(membersOf(this.store).map((member) => member.identity()));
  }

  async #claimFresh(): Promise<void> {
    if ((await hasBytesElsewhere(this.database)) || (await this.#lacksOurs())) {
      throw new StorageRefused(ELSEWHERE);
    }
    await confirmStore(this.database, this.store);
  }

  /** Only an empty store: when rows name bytes that only such a store can hold, they are in another one. */
  async #claimBesides(ours: StoreIdentity): Promise<void> {
    for (const member of membersOf(this.store)) {
      if ((await member.identity()) !== null) continue;
      if (await this.#hasBytesOf(member as IdentifiedStore)) throw new StorageRefused(ELSEWHERE);
      await member.writeIdentity(ours);
    }
    await wantAllPlaces(this.database);
  }

  async #hasBytesOf(member: IdentifiedStore): Promise<boolean> {
    for await (const { location } of storedBlobs(this.database, null)) {
      if (location && member.owns?.(storedRecordOf(location).record)) return true;
    }
    return false;
  }

  /** Whether none of our blobs is there: rows of a release that claimed no store say nothing else about where they are. */
  async #lacksOurs(): Promise<boolean> {
    const keys = await someStoredKeys(this.database, SOME_BLOBS);
    for (const member of membersOf(this.store)) {
      const { listKeys } = member as IdentifiedStore;
      if (!listKeys) return false;
      for (const key of keys) for await (const found of listKeys.call(member, key)) if (found === key) return false;
    }
    return keys.length > 0;
  }

  #tell(ours: StoreIdentity, identities: readonly (StoreIdentity | null)[]): boolean {
    const other = identities.filter((theirs) => !isOurs(ours, theirs));
    const [theirs] = other;
    const found = other.length === 0 ? null : JSON.stringify(other);
    if (found !== null && found !== this.#told) {
      this.logger.error(
        { database: ours, store: theirs },
        'The blob store carries another incarnation than the database: no bytes are removed until npm run store -- confirm.',
      );
    }
    this.#told = found;
    return found === null;
  }
}

/** Says that the store is this database's, whoever had it before. Resolves to the ids that both have then. */
export async function confirmStore(database: Database, store: IdentifiedStore): Promise<StoreIdentity> {
  const ours = await currentIdentity(database);
  await store.writeIdentity(ours);
  // What is known of places was perhaps true of another store.
  await wantAllPlaces(database);
  await markStoreClaimed(database);
  return ours;
}

/** For specs of what removes bytes. */
export const ALWAYS: Pick<StoreGuard, 'mayRemove'> = { mayRemove: async () => true };

function foreign(ours: StoreIdentity, theirs: StoreIdentity): string {
  return `it belongs to the installation ${theirs.installation}, and this database to ${ours.installation}`;
}
