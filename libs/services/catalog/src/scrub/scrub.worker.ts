import { type BlobReader, BlobStoreUnavailable } from '@entrepot/blob-store';
import type { PlatformLogger } from '@entrepot/platform-persistence';
import type { Position } from '../blob/release.store.js';
import type { CatalogPorts } from '../catalog-ports.js';
import type { StoreGuard } from '../store/store-guard.js';
import { Pace } from './pace.js';
import { settleRepaired } from './quarantine-blob.js';
import { Scrub, type ScrubSettings } from './scrub.js';
import { enrolBlobs, scrubStatus, secondsSince } from './scrub.store.js';

/** New generations are taken in a page at a time, between two claims, so that a first walk through millions delays nothing. */
const PAGE = 1_000;
const PAGES_AT_ONCE = 20;
const HOUR_MS = 3_600_000;
const MIN_IDLE_MS = 250;
const MAX_IDLE_MS = 30_000;
const PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 300_000;
const MAX_SETTLED = 100;
const START: Position = ['', ''];

/**
 * Reads all stored bytes back, the longest unverified first, at a bounded rate, and sets aside what is wrong. Several replicas share the work. It
 * rests while all blobs were verified within the interval, and while the store doesn't answer.
 */
export class ScrubWorker {
  readonly #stop = new AbortController();
  readonly #scrub: Scrub;
  #running: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;
  #walk: Position | null = START;
  #walkAgainAt = 0;
  #tellAt = 0;
  #pauses = 0;

  constructor(
    private readonly ports: CatalogPorts,
    store: BlobReader,
    private readonly guard: Pick<StoreGuard, 'mayRemove'>,
    private readonly logger: PlatformLogger,
    readonly settings: ScrubSettings,
  ) {
    this.#scrub = new Scrub(ports, store, new Pace(settings.bytesPerSecond), logger, settings);
  }

  /** Does nothing at a rate of 0; the status then still tells how old the oldest byte is. */
  start(): void {
    if (this.settings.bytesPerSecond > 0) this.#running = this.#loop();
  }

  /** There is something to look at. */
  wake(): void {
    this.#wake?.();
  }

  /** Ends at the next piece of the blob that is being read. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the scrub is stopping'));
    this.wake();
    await this.#running;
  }

  /** One step. Resolves to how long nothing needs to be done, in milliseconds. */
  async run(): Promise<number> {
    const { database, clock } = this.ports;
    const enrolled = await this.#enrol();
    await database.inTransaction((tx) => settleRepaired(tx, clock(), MAX_SETTLED));
    // After a restore, or from a copy of the database, rows don't know what is stored: then nothing is judged either.
    if (!(await this.guard.mayRemove())) return this.#idleMs;
    const { blobs, gone, unavailable } = await this.#scrub.step(this.#stop.signal);
    await this.#tell();
    if (blobs > 0) this.#pauses = 0;
    if (unavailable !== null) return this.#pauseFor(unavailable);
    return blobs + gone > 0 || enrolled ? 0 : this.#idleMs;
  }

  get #idleMs(): number {
    return Math.min(MAX_IDLE_MS, Math.max(MIN_IDLE_MS, this.settings.intervalSeconds * 250));
  }

  async #loop(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#rest(
        await this.run().catch((err: unknown) => {
          this.logger.warn({ err }, 'a step of the scrub failed; the next one goes on');
          return MAX_IDLE_MS;
        }),
      );
    }
  }

  async #rest(ms: number): Promise<void> {
    if (this.#stop.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  /** True while there is more to take in. */
  async #enrol(): Promise<boolean> {
    if (this.#walk === null && performance.now() < this.#walkAgainAt) return false;
    this.#walk ??= START;
    for (let pages = 0; pages < PAGES_AT_ONCE && this.#walk !== null; pages++) {
      this.#walk = await enrolBlobs(this.ports.database, this.#walk, PAGE);
    }
    if (this.#walk !== null) return true;
    this.#walkAgainAt = performance.now() + Math.min(HOUR_MS, this.settings.intervalSeconds * 250);
    return false;
  }

  /** Longer and longer, up to five minutes, while the store is away: that is no corruption, and needs no more load. */
  #pauseFor(err: unknown): number {
    const storeIsAway = err instanceof BlobStoreUnavailable;
    const pauseMs = storeIsAway ? Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** this.#pauses++) : PAUSE_MS;
    this.logger.warn(
      { err, pauseMs },
      'stored bytes could not be read, which says nothing about them: the scrub pauses',
    );
    return pauseMs;
  }

  async #tell(): Promise<void> {
    if (performance.now() < this.#tellAt) return;
    this.#tellAt = performance.now() + HOUR_MS;
    const { oldestVerifiedAt, ...rest } = await scrubStatus(this.ports.database);
    if (oldestVerifiedAt === null) return;
    const oldestUnverifiedSeconds = secondsSince(oldestVerifiedAt, this.ports.clock());
    const facts = { ...rest, ...this.#scrub.verified, oldestUnverifiedSeconds };
    if (oldestUnverifiedSeconds > 2 * this.settings.intervalSeconds) {
      this.logger.warn(
        facts,
        'the scrub is behind: some bytes were not read for twice its interval, so its rate is too low',
      );
    } else this.logger.info(facts, 'the scrub goes on');
  }
}
