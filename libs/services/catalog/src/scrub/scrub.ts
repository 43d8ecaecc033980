import { setTimeout as sleep } from 'node:timers/promises';
import { type BlobReader, BlobStoreUnavailable } from '@entrepot/blob-store';
import type { PlatformLogger } from '@entrepot/platform-persistence';
import type { CatalogPorts } from '../catalog-ports.js';
import { after } from '../durations.js';
import type { Pace } from './pace.js';
import { quarantineBlob, restoreBlob } from './quarantine-blob.js';
import { readBlob, UNREADABLE } from './read-blob.js';
import { claimBlobs, type ClaimedBlob, controlBlobs, forgetChecks, postpone, recordSound } from './scrub.store.js';

/** Rows that one claim takes: few enough that a replica which dies delays little, enough that tiny blobs don't cost a statement each. */
const CLAIM_BLOBS = 16;
const CLAIM_BYTES = 64 * 1024 * 1024;
const LEASE_MS = 600_000;
/** Twice for a second look, and twice again for a store that is slower than the pace. */
const LEASE_READS = 4;
/** Of blobs that can't be judged now, because the store or a key doesn't answer, and of damaged ones: a disk that was not mounted may be back. */
const AGAIN_MS = 3_600_000;
/** Wrong verdicts in a row after which the store itself is doubted, and has to show something that is right. */
const DOUBT_AFTER = 5;

export interface ScrubSettings {
  readonly bytesPerSecond: number;
  /** A blob is read again this long after it was last known to be right. */
  readonly intervalSeconds: number;
  /** Between a read that found something wrong and the one that confirms it. */
  readonly secondLookMs?: number;
}

export interface StepResult {
  /** Blobs that were looked at. */
  readonly blobs: number;
  /** Blobs that came up and need no look any more. */
  readonly gone: number;
  /** Why a blob could not be judged, null when all could. */
  readonly unavailable: unknown;
}

/** Reads claimed blobs back and acts on what it finds. Any number of replicas may do so; one that is killed has lost only its reads. */
export class Scrub {
  #wrongInARow = 0;
  #bytes = 0;
  #blobs = 0;

  constructor(
    private readonly ports: CatalogPorts,
    private readonly store: BlobReader,
    private readonly pace: Pace,
    private readonly logger: PlatformLogger,
    private readonly settings: ScrubSettings,
  ) {}

  /** What was found right since the process started. */
  get verified(): { bytes: number; blobs: number } {
    return { bytes: this.#bytes, blobs: this.#blobs };
  }

  /** One claim, from beginning to end. Throws when the database doesn't answer. When the signal ends it, what was not read is given back. */
  async step(signal: AbortSignal): Promise<StepResult> {
    const { database, clock } = this.ports;
    const startedAt = clock();
    const claimed = await database.inTransaction((tx) =>
      claimBlobs(tx, startedAt, {
        verifiedBefore: after(startedAt, -this.settings.intervalSeconds * 1_000),
        blobs: CLAIM_BLOBS,
        bytes: CLAIM_BYTES,
        leaseMs: (bytes) => LEASE_MS + (LEASE_READS * bytes * 1_000) / this.settings.bytesPerSecond,
      }),
    );
    const gone = claimed.filter(({ state }) => state === 'releasing' || state === 'released');
    await forgetChecks(database, gone);
    const left = claimed.filter((blob) => !gone.includes(blob));
    return { ...(await this.#readAll(left, startedAt, signal)), gone: gone.length };
  }

  async #readAll(blobs: readonly ClaimedBlob[], startedAt: Date, signal: AbortSignal) {
    const { database, clock } = this.ports;
    const sound: ClaimedBlob[] = [];
    const left = [...blobs];
    let unavailable: unknown = null;
    let looked = 0;
    for (let blob = left.shift(); blob; blob = left.shift()) {
      try {
        if (await this.#look(blob, signal)) sound.push(blob);
        looked++;
      } catch (error) {
        if (signal.aborted) {
          left.push(blob);
          break;
        }
        unavailable = error;
        await postpone(database, [blob], after(clock(), AGAIN_MS));
        // Else it concerns this blob, or its registry's key: others can be read.
        if (error instanceof BlobStoreUnavailable) break;
      }
    }
    await recordSound(database, sound, startedAt);
    await postpone(database, left, startedAt);
    return { blobs: looked, unavailable };
  }

  /** True when its bytes are right. Throws when nobody can tell. */
  async #look(blob: ClaimedBlob, signal: AbortSignal): Promise<boolean> {
    const problem = await readBlob(this.store, blob, this.pace, signal);
    if (problem !== null && (await this.#isConfirmed(blob, problem, signal))) {
      await this.#judge(blob, problem, signal);
      return false;
    }
    this.#wrongInARow = 0;
    this.#bytes += blob.size;
    this.#blobs++;
    if (blob.state === 'quarantined') await this.#restore(blob);
    return true;
  }

  /** Memory, cables and controllers fail too: what is wrong on a disk is wrong twice. */
  async #isConfirmed(blob: ClaimedBlob, problem: string, signal: AbortSignal): Promise<boolean> {
    if (blob.state === 'quarantined') return true;
    await sleep(this.settings.secondLookMs ?? 1_000, undefined, { signal });
    if ((await readBlob(this.store, blob, this.pace, signal)) !== null) return true;
    this.logger.warn({ ...named(blob), problem }, 'stored bytes were wrong in one read and right in the next');
    return false;
  }

  async #judge(blob: ClaimedBlob, problem: string, signal: AbortSignal): Promise<void> {
    const { database, clock } = this.ports;
    const now = clock();
    const again = after(now, AGAIN_MS);
    if (blob.state === 'quarantined') return postpone(database, [blob], again);
    this.#wrongInARow++;
    const doubtful = this.#wrongInARow > DOUBT_AFTER || problem === UNREADABLE;
    if (doubtful && !(await this.#storeIsBelievable(signal))) {
      this.logger.error(
        { ...named(blob), problem },
        'blobs are wrong, missing or unreadable and no other is right: nothing more is quarantined. Is this the right store?',
      );
      return postpone(database, [blob], again);
    }
    if (await database.inTransaction((tx) => quarantineBlob(tx, blob, { problem, now, again }))) {
      this.logger.error(
        { ...named(blob), problem },
        'the stored bytes of a blob are damaged: it is quarantined until it is pushed again',
      );
    }
  }

  /** Whether something else that was right not long ago still is: else it is not the blobs that are wrong, but what we read them from. */
  async #storeIsBelievable(signal: AbortSignal): Promise<boolean> {
    for (const blob of await controlBlobs(this.ports.database)) {
      if (!(await this.#isRight(blob, signal))) continue;
      this.#wrongInARow = 1;
      return true;
    }
    return false;
  }

  /** One that can't be read for want of its key shows nothing, and another may. */
  async #isRight(blob: ClaimedBlob, signal: AbortSignal): Promise<boolean> {
    try {
      return (await readBlob(this.store, blob, this.pace, signal)) === null;
    } catch (error) {
      if (signal.aborted || error instanceof BlobStoreUnavailable) throw error;
      return false;
    }
  }

  async #restore(blob: ClaimedBlob): Promise<void> {
    const restored = await this.ports.database.inTransaction((tx) => restoreBlob(tx, blob, this.ports.clock()));
    if (restored) this.logger.info(named(blob), 'a quarantined blob is right again and was given back');
  }
}

function named({ registryId, generation, algorithm, hex }: ClaimedBlob) {
  return { registryId, generation, digest: `${algorithm}:${hex}` };
}
