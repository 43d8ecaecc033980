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

  async #repeat(batch: () => Promise<number>): Promise<void> {
    for (let count = 0; count < MAX_BATCHES && !this.#stop.signal.aborted; count++) {
      if ((await batch()) < BATCH) return;
    }
  }

  async #abortUploads(now: Date): Promise<void> {
    let position = START;
    await this.#repeat(async () => {
      const uploads = await releasingUploads(this.ports.database, now, position, BATCH);
      for (const upload of uploads) {
        position = [upload.registryId, upload.uploadId];
        await this.#tolerate(upload.storeKey, async () => {
          await this.store.abort(upload.storeKey, upload.state);
          await markAborted(this.ports.database, upload, now);
        });
      }
      return uploads.length;
    });
  }

  /** No blob loses a byte by it: its location names what stays, and no other claim can commit a session that is over. */
  async #tidyUploads(now: Date): Promise<void> {
    let position = START;
    await this.#repeat(async () => {
      const uploads = await untidyUploads(this.ports.database, now, position, BATCH);
      for (const upload of uploads) {
        position = [upload.registryId, upload.uploadId];
        await this.#tolerate(upload.storeKey, async () => {
          await this.store.tidy(upload.location);
          await markTidied(this.ports.database, upload, now);
        });
      }
      return uploads.length;
    });
  }

  async #deleteBlobs(now: Date): Promise<void> {
    let position = START;
    await this.#repeat(async () => {
      const blobs = await releasingBlobs(this.ports.database, now, position, BATCH);
      for (const blob of blobs) {
        position = [blob.registryId, blob.generation];
        await this.#tolerate(blob.generation, async () => {
          await (blob.location ? this.store.delete(blob.location) : this.store.deleteKey(blob.storeKey));
          await markReleased(this.ports.database, blob, now);
        });
      }
      return blobs.length;
    });
  }

  /** What the store can't delete now is tried again by the next run; the others don't wait for it. */
  async #tolerate(key: string, release: () => Promise<void>): Promise<void> {
    if (this.#stop.signal.aborted) return;
    await release().catch((err: unknown) => this.logger.warn({ err, key }, 'bytes could not be released yet'));
  }
}
