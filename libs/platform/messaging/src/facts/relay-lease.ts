import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@entrepot/platform-persistence';

type Client = Awaited<ReturnType<Database['dedicatedConnection']>>;

/** How often a replica in waiting looks whether the lease is free. */
const RETRY_MS = 1_000;

/**
 * The right to publish one schema's outbox: a session lock of Postgres on a connection of its own. It ends with the connection, so whoever
 * lost it can't read or delete rows any more either.
 */
export class RelayLease {
  #woken = false;
  #wake: () => void = () => undefined;
  #lost: Error | undefined;

  private constructor(
    readonly client: Client,
    private readonly schema: string,
    private readonly stop: AbortSignal,
  ) {
    client.on('error', (error) => this.#end(error));
    client.on('end', () => this.#end(new Error('the connection of the lease ended')));
    client.on('notification', ({ payload }) => {
      if (payload === schema) this.#rouse();
    });
    stop.addEventListener('abort', this.#rouse);
  }

  /** A connection that hears `channel`, without the lease yet. Throws `DatabaseUnavailable`. */
  static async open(database: Database, channel: string, stop: AbortSignal): Promise<RelayLease> {
    const lease = new RelayLease(await database.dedicatedConnection(), database.schema, stop);
    await lease.client.query(`LISTEN ${channel}`).catch(async (error: unknown) => {
      await lease.release();
      throw error;
    });
    return lease;
  }

  /** Waits for the lease; false when it was told to stop first. Throws when the connection is lost. */
  async acquire(): Promise<boolean> {
    while (!this.stop.aborted) {
      const { rows } = await this.client.query<{ mine: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS mine',
        [`entrepot.outbox.${this.schema}`],
      );
      if (rows[0]?.mine) return true;
      await sleep(RETRY_MS * (0.75 + Math.random() / 2), undefined, { signal: this.stop }).catch(() => undefined);
    }
    return false;
  }

  /** Resolves when facts were committed since the last call, after `ms`, or when told to stop. Throws when the connection is lost. */
  async wake(ms: number): Promise<void> {
    if (!this.#woken && !this.#lost && !this.stop.aborted) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
    }
    this.#woken = false;
    if (this.#lost) throw this.#lost;
  }

  async release(): Promise<void> {
    this.stop.removeEventListener('abort', this.#rouse);
    await this.client.end().catch(() => undefined);
  }

  readonly #rouse = (): void => {
    this.#woken = true;
    this.#wake();
  };

  #end(error: Error): void {
    this.#lost ??= error;
    this.#wake();
  }
}
