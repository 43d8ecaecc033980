import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { type Database, forgetEvents } from '@entrepot/platform-persistence';
import { type Logger, logErrorByFamily } from '@entrepot/platform-observability';
import type { MinuteCountStore } from './minute-count.store.js';

const HOUR_MS = 3_600_000;
/** Twice as long as the stream of facts keeps anything, so that no duplicate can come of what is forgotten. */
const EVENTS_REMEMBERED_MS = 14 * 24 * HOUR_MS;

/** Drops old minutes and forgets old events, at start and then hourly. Replicas may do so at the same time. */
export class MinuteKeeper implements OnApplicationBootstrap, OnModuleDestroy {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    private readonly options: {
      store: MinuteCountStore;
      database: Database;
      logger: Logger;
      keepSeconds: number;
      clock?: () => Date;
    },
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.tidy(), HOUR_MS).unref();
    void this.tidy();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** One round. Never rejects: the next round makes up for it. */
  tidy(): Promise<void> {
    this.#running ??= this.#tidy()
      .catch((error: unknown) => void logErrorByFamily(this.options.logger, error, 'old minutes could not be dropped'))
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #tidy(): Promise<void> {
    const { store, database, logger, keepSeconds, clock = () => new Date() } = this.options;
    const now = clock().getTime();
    const minutes = await store.dropBefore(new Date(now - keepSeconds * 1_000));
    const events = await forgetEvents(database, new Date(now - EVENTS_REMEMBERED_MS));
    if (minutes + events > 0) logger.info({ minutes, events }, 'dropped old minutes');
  }
}
