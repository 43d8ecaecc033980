import type { BlobStore } from '@entrepot/blob-store';
import type { PlatformLogger } from '@entrepot/platform-persistence';
import type { CatalogPorts } from '../catalog-ports.js';
import type { StoreGuard } from '../store/store-guard.js';
import { after, KEEP_MS, UNDELETE_MS } from '../durations.js';
import { RepeatedRun } from '../repeated-run.js';
import { endEmptyImages, forget } from './forget.store.js';
import { markAborted, markTidied, untidyUploads } from './leftovers.store.js';
import {
  expireUploads,
  markReleased,
  type Position,
  releasingBlobs,
  releasingUploads,
  settleBlobs,
  settleLinks,
} from './release.store.js';

/** Rows in one transaction: its locks are held for milliseconds. */
const BATCH = 200;
/** Batches of one kind in one run, so that a mountain of one kind doesn't keep the others waiting; the next run goes on. */
const MAX_BATCHES = 50;
const WEEK_MS = 7 * 24 * 3_600_000;
const START: Position = ['', ''];
/** Behind every id, which are hex digits and dashes. */
const BEHIND_ALL = 'zzzz';
/** A row may hold the record of a thousand chunks. */
const PAGE = { size: 20, most: 500 };
/** In one run, of what is in one registry: its bucket may be locked, or gone. */
const MAX_FAILURES = 20;

/**
 * Gives back what nobody can reach any more: expired and cancelled uploads, what attempts left beside blobs, links that no manifest needs, blobs without links. Any number of
 * replicas may run it; each step is a small transaction of its own, and a run that is cut off is continued by the next one. Bytes are deleted
 * only after the row says so durably, and the same digest pushed meanwhile is a generation of its own with another key.
 */
export class ReleaseWorker {
  readonly #stop = new AbortController();
  readonly #runs = new RepeatedRun(
    () => this.run(),
    (err) => this.logger.warn({ err }, 'a run of the release worker failed; the next one goes on'),
  );

  constructor(
    private readonly ports: CatalogPorts,
    private readonly store: Pick<BlobStore, 'abort' | 'tidy' | 'delete' | 'deleteKey'>,
    private readonly guard: Pick<StoreGuard, 'mayRemove'>,
    private readonly logger: PlatformLogger,
  ) {}

  /** Runs every `intervalSeconds`, one run at a time. */
  start(intervalSeconds: number): void {
    this.#runs.start(intervalSeconds * 1_000);
  }

  /** Ends after the step that is under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#runs.stop();
  }

  /** One run through all that is due. Nothing is due while the store may not be ours: what rows say of it may be wrong. */
  async run(): Promise<void> {
    if (!(await this.guard.mayRemove())) return;
    const { database, clock } = this.ports;
    const now = clock();
    await this.#repeat(() => expireUploads(database, now, BATCH));
    await this.#abortUploads(now);
    await this.#tidyUploads(now);
    await this.#repeat(() => database.inTransaction((tx) => settleLinks(tx, now, BATCH)));
    await this.#repeat(() => database.inTransaction((tx) => settleBlobs(tx, 'live', now, BATCH)));
    await this.#repeat(() => database.inTransaction((tx) => settleBlobs(tx, 'quarantined', now, BATCH)));
    await this.#deleteBlobs(now);
    await forget(database, 'uploads', after(now, -KEEP_MS), BATCH * MAX_BATCHES);
    await forget(database, 'reports', after(now, -WEEK_MS), BATCH * MAX_BATCHES);
    await forget(database, 'releasedBlobs', after(now, -WEEK_MS), BATCH * MAX_BATCHES);
    await forget(database, 'deletedManifests', after(now, -UNDELETE_MS), BATCH);
    await database.inTransaction((tx) => endEmptyImages(tx, after(now, -KEEP_MS), now, BATCH));
  }

  async #repeat(batch: () => Promise<number>, { size, most } = { size: BATCH, most: MAX_BATCHES }): Promise<void> {
    for (let count = 0; count < most && !this.#stop.signal.aborted; count++) {
      if ((await batch()) < size) return;
    }
  }

  #abortUploads(now: Date): Promise<void> {
    const { database } = this.ports;
    return this.#release({
      next: (position) => releasingUploads(database, now, position, PAGE.size),
      idOf: ({ uploadId }) => uploadId,
      release: async (upload) => {
        await this.store.abort(upload.storeKey, upload.state);
        await markAborted(database, upload, now);
      },
    });
  }

  /** No blob loses a byte by it: its location names what stays, and no other claim can commit a session that is over. */
  #tidyUploads(now: Date): Promise<void> {
    const { database } = this.ports;
    return this.#release({
      next: (position) => untidyUploads(database, now, position, PAGE.size),
      idOf: ({ uploadId }) => uploadId,
      release: async (upload) => {
        await this.store.tidy(upload.location);
        await markTidied(database, upload, now);
      },
    });
  }

  #deleteBlobs(now: Date): Promise<void> {
    const { database } = this.ports;
    return this.#release({
      next: (position) => releasingBlobs(database, now, position, PAGE.size),
      idOf: ({ generation }) => generation,
      release: async (blob) => {
        await (blob.location ? this.store.delete(blob.location) : this.store.deleteKey(blob.storeKey));
        await markReleased(database, blob, now);
      },
    });
  }

  /** What the store can't delete now is tried again by the next run; the others don't wait for it, nor other registries for one whose storage refuses. */
  async #release<T extends Releasable>({ next, idOf, release }: Release<T>): Promise<void> {
    let position = START;
    let failures = 0;
    await this.#repeat(async () => {
      const rows = await next(position);
      for (const row of rows) {
        const { registryId } = row;
        if (registryId !== position[0]) failures = 0;
        position = [registryId, failures < MAX_FAILURES ? idOf(row) : BEHIND_ALL];
        if (failures < MAX_FAILURES && !(await this.#tolerate(row, () => release(row)))) failures++;
      }
      return rows.length;
    }, PAGE);
  }

  /** Resolves to whether it was released. */
  async #tolerate({ storeKey }: Releasable, release: () => Promise<void>): Promise<boolean> {
    if (this.#stop.signal.aborted) return true;
    return release().then(
      () => true,
      (err: unknown) => {
        this.logger.warn({ err, key: storeKey }, 'bytes could not be released yet');
        return false;
      },
    );
  }
}

interface Releasable {
  readonly registryId: string;
  readonly storeKey: string;
}

interface Release<T> {
  /** Those that are due, after a position. */
  next(position: Position): Promise<T[]>;
  idOf(row: T): string;
  release(row: T): Promise<void>;
}
