import { setTimeout as sleep } from 'node:timers/promises';
import { type BlobStore, hasRegistryPlaces, type RegistryPlaces as Places } from '@entrepot/blob-store';
import type { Database, PlatformLogger } from '@entrepot/platform-persistence';
import type { RegistryState } from './registry.entity.js';
import { markPlaceMade, markPlaceRemoved, registriesToRemove, registriesWithoutPlace } from './registry-place.store.js';

/** Registries that one run looks at, at a time. */
const BATCH = 100;
/** Whoever makes a registry is answered within this time: a store that is away is asked for longer than a gateway waits for our answer. */
const PATIENCE_MS = 2_000;

/**
 * Gives each registry its place in the store, where stores have such places: a bucket of its own. The row says `wanted` before and `made` after, so
 * that whoever dies in between leaves work that the next run finds. Making and removing are idempotent: any number of replicas may do so.
 */
export class RegistryPlaces {
  readonly #places: Places | null;

  constructor(
    private readonly database: Database,
    store: BlobStore,
    private readonly logger: PlatformLogger,
  ) {
    this.#places = hasRegistryPlaces(store) ? store : null;
  }

  /** State of a registry whose row is being made: it takes pushes once its place is there. */
  get firstState(): RegistryState {
    return this.#places ? 'Creating' : 'Running';
  }

  /** Makes a new registry's place, so that it is `Running`. False when the store can't in this moment: then this goes on, or the next run does. */
  async makeNow(registryId: string): Promise<boolean> {
    const answered = new AbortController();
    const tooLong = sleep(PATIENCE_MS, false, { signal: answered.signal }).catch(() => false);
    return Promise.race([this.#makeTolerantly(registryId), tooLong]).finally(() => answered.abort());
  }

  /** Makes what is missing; what can't be made now is left to the next run. */
  async makeMissing(signal?: AbortSignal): Promise<void> {
    if (!this.#places) return;
    await this.#each(registriesWithoutPlace, signal, (registryId) => this.#makeTolerantly(registryId));
  }

  /** Removes the places of deleted registries, with all that is left in them, once no row names any byte there. */
  async removeLeft(signal?: AbortSignal): Promise<void> {
    const places = this.#places;
    if (!places) return;
    await this.#each(registriesToRemove, signal, (registryId) =>
      this.#tolerate(registryId, 'the place of a deleted registry could not be removed yet', async () => {
        await places.removeRegistry(registryId);
        await markPlaceRemoved(this.database, registryId);
      }),
    );
  }

  async #makeTolerantly(registryId: string): Promise<boolean> {
    if (!this.#places) return true;
    return this.#tolerate(registryId, 'the place of a registry could not be made yet', () => this.#make(registryId));
  }

  async #make(registryId: string): Promise<void> {
    await this.#places?.prepareRegistry(registryId);
    await markPlaceMade(this.database, registryId);
  }

  async #each(
    find: (database: Database, after: string, limit: number) => Promise<string[]>,
    signal: AbortSignal | undefined,
    act: (registryId: string) => Promise<unknown>,
  ): Promise<void> {
    for (let after = ''; !signal?.aborted;) {
      const found = await find(this.database, after, BATCH);
      for (const registryId of found) if (!signal?.aborted) await act(registryId);
      if (found.length < BATCH) return;
      after = found.at(-1) as string;
    }
  }

  async #tolerate(registryId: string, problem: string, act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (err) {
      this.logger.warn({ err, registryId }, problem);
      return false;
    }
  }
}
