import {
  type BlobStore,
  BlobStoreUnavailable,
  type KeyLister,
  type StoreIdentity,
  StorageRefused,
} from '@entrepot/blob-store';
import type { Database, PlatformLogger } from '@entrepot/platform-persistence';
import { wantAllPlaces } from '../registry/registry-place.store.js';
import { currentIdentity, hasBytesElsewhere, markStoreClaimed, someStoredKeys } from './installation.store.js';

/** Blobs that a store is asked for before it is claimed by a database that has claimed none: one of them may be lost. */
const SOME_BLOBS = 5;

/** What is asked of a store about whose it is. */
export type IdentifiedStore = Pick<BlobStore, 'identity' | 'writeIdentity'> & Partial<KeyLister>;

/**
 * Whether bytes may be removed from the store: only while it carries the ids that the database has. After a restore, or from a copy of the
 * database, rows don't know what was stored since; then nothing is removed until an operator confirms the store.
 */
export class StoreGuard {
  #told: string | null = null;

  constructor(
    private readonly database: Database,
    private readonly store: IdentifiedStore,
    private readonly logger: PlatformLogger,
  ) {}

  /** At start. Claims a store that nobody has claimed. Throws `StorageRefused` when another installation has, or when our bytes are elsewhere. */
  async claim(): Promise<void> {
    try {
      const ours = await currentIdentity(this.database);
      const theirs = await this.store.identity();
      if (theirs === null) await this.#claimFresh();
      else if (theirs.installation !== ours.installation) throw new StorageRefused(foreign(ours, theirs));
      else this.#tell(ours, theirs);
      await markStoreClaimed(this.database);
    } catch (error) {
      if (error instanceof BlobStoreUnavailable) throw new StorageRefused(error.message, { cause: error });
      throw error;
    }
  }

  /** Asked before each run of whoever removes bytes. Fails when the store or the database does not answer. */
  async mayRemove(): Promise<boolean> {
    const ours = await currentIdentity(this.database);
    return this.#tell(ours, await this.store.identity());
  }

  async #claimFresh(): Promise<void> {
    if ((await hasBytesElsewhere(this.database)) || (await this.#lacksOurs())) {
      throw new StorageRefused(
        'it says of no installation that it is its store, and this database knows blobs that are in another one: name that one, or confirm this one with npm run store -- confirm',
      );
    }
    await confirmStore(this.database, this.store);
  }

  /** Whether none of our blobs is there: rows of a release that claimed no store say nothing else about where they are. */
  async #lacksOurs(): Promise<boolean> {
    const { store } = this;
    if (!store.listKeys) return false;
    const keys = await someStoredKeys(this.database, SOME_BLOBS);
    for (const key of keys) for await (const found of store.listKeys(key)) if (found === key) return false;
    return keys.length > 0;
  }

  #tell(ours: StoreIdentity, theirs: StoreIdentity | null): boolean {
    const same = theirs?.installation === ours.installation && theirs.incarnation === ours.incarnation;
    const found = same ? null : `${theirs?.installation} ${theirs?.incarnation}`;
    if (found !== null && found !== this.#told) {
      this.logger.error(
        { database: ours, store: theirs },
        'The blob store carries another incarnation than the database: no bytes are removed until npm run store -- confirm.',
      );
    }
    this.#told = found;
    return same;
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
