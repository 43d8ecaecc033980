import { epochBeat } from '@entrepot/contracts';
import type { Database } from '@entrepot/platform-persistence';
import type { IamLogger, IamMessages } from '../ports.js';
import { disableExpiredKeys, readCount, readEpochs, renewIncarnation } from './epoch.store.js';

/** Listeners refuse after a second of silence; five beats a second leave room for lost ones. */
const BEAT_MS = 200;

/**
 * Announces where the epochs stand, five times a second and at each change of this replica. It reads the count from the database each time,
 * so it announces other replicas' changes too, and falls silent when the database can't be read: nobody may trust what it said before.
 */
export class EpochBeat {
  #announced: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = true;
  #silent = false;

  constructor(
    private readonly database: Database,
    private readonly messages: IamMessages,
    private readonly logger: IamLogger,
  ) {}

  start(): void {
    this.#stopped = false;
    this.now();
  }

  /** Resolves when the beat under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#running;
  }

  /** Beats at once; for use after a commit. A beat under way may have read before it, so it is followed by another. */
  now(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => (this.#running = null));
  }

  async #run(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    while (this.#again && !this.#stopped) {
      this.#again = false;
      await this.#beat();
    }
    if (!this.#stopped) this.#timer = setTimeout(() => this.now(), BEAT_MS).unref();
  }

  async #beat(): Promise<void> {
    try {
      await this.#announce();
      this.#silent = false;
    } catch (error) {
      if (!this.#silent) this.logger.warn({ err: error }, 'the epochs cannot be read or announced');
      this.#silent = true;
    }
  }

  async #announce(): Promise<void> {
    const count = await readCount(this.database);
    if (count.expired) {
      await this.database.inTransaction(disableExpiredKeys);
      this.#again = true;
    }
    if (this.#announced !== null && count.sequence < this.#announced) {
      this.logger.warn(
        { was: this.#announced, is: count.sequence },
        'the database went back: a new incarnation begins',
      );
      await renewIncarnation(this.database);
      this.#announced = null;
      this.#again = true;
      return;
    }
    const unchanged = count.sequence === this.#announced || this.#announced === null;
    const { incarnation, sequence } = count;
    const beat = unchanged
      ? { incarnation, sequence, changed: [] }
      : await readEpochs(this.database, this.#announced ?? 0);
    await this.messages.announce(epochBeat, beat);
    this.#announced = beat.sequence;
  }
}
