import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** The channel that the outbox's relay listens to; the payload is the schema. */
export const OUTBOX_CHANNEL = 'entrepot_outbox';

/** No sooner after a signal comes the next: the relay gathers what many commits leave. */
const GATHER_MS = 25;

/**
 * Tells the relay that facts were committed. NOTIFY inside the writing transaction would hold Postgres's one notification lock until its
 * WAL is flushed, so that all pushes would commit one after another. It is sent after the commit instead, one at a time, each standing for
 * all commits before it; if one is lost, the relay's timer finds the rows.
 */
export class OutboxSignal {
  #sending: Promise<void> | undefined;
  #again = false;

  constructor(
    private readonly pool: Pick<pg.Pool, 'query'>,
    private readonly schema: string,
    private readonly gather = (): Promise<void> => sleep(GATHER_MS, undefined, { ref: false }),
  ) {}

  readonly send = (): void => {
    if (this.#sending) {
      this.#again = true;
      return;
    }
    this.#sending = this.#notify();
  };

  /** Resolves when no signal is under way. */
  async idle(): Promise<void> {
    while (this.#sending) await this.#sending;
  }

  async #notify(): Promise<void> {
    do {
      this.#again = false;
      await this.pool.query('SELECT pg_notify($1, $2)', [OUTBOX_CHANNEL, this.schema]).catch(() => undefined);
      await this.gather();
    } while (this.#again);
    this.#sending = undefined;
  }
}
