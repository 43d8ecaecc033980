import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, endStalledHolders } from '@entrepot/platform-persistence';

type Client = Awaited<ReturnType<Database['dedicatedConnection']>>;

/** How often a replica in waiting looks whether the lease is free. */
const RETRY_MS = 1_000;

/**
 * What was published lies dead in front of what is to be, until Postgres vacuums, thousands of rows of a busy minute. Plain index scans pass over
 * those that one of them has met before, once no older snapshot needs them; other scans visit all of them each time.
 */
const INDEX_SCANS_ONLY = `SET enable_seqscan = off; SET enable_bitmapscan = off`;

/**
 * The right to publish one schema's outbox: a session lock of Postgres on a connection of its own. It ends with the connection, so whoever
 * lost it can't read or delete rows any more either. A holder whose process stalls keeps its connection: who waits ends it.
 */
export class RelayLease {
  #woken = false;
  #wake: () => void = () => undefined;
  #lost: Error | undefined;

  private constructor(
    readonly client: Client,
    private readonly schema: string,
    private readonly stop: AbortSignal,
    private readonly stalledAfterMs: number,
  ) {
    client.on('error', (error) => this.#end(error));
    client.on('end', () => this.#end(new Error('the connection of the lease ended')));
    client.on('notification', ({ payload }) => {
      if (payload === schema) this.#rouse();
    });
    stop.addEventListener('abort', this.#rouse);
  }

  /**
   * A connection that hears `channel`, without the lease yet. A holder that has said nothing to Postgres for `stalledAfterMs` counts as
   * stalled: it must be longer than any holder in order is silent. Throws `DatabaseUnavailable`.
   */
  static async open(
    database: Database,
    channel: string,
    stop: AbortSignal,
    stalledAfterMs: number,
  ): Promise<RelayLease> {
    const lease = new RelayLease(await database.dedicatedConnection(), database.schema, stop, stalledAfterMs);
    await lease.client.query(`LISTEN ${channel}; ${INDEX_SCANS_ONLY}`).catch(async (error: unknown) => {
      await lease.release();
      throw error;
    });
    return lease;
  }

  /** Waits for the lease; false when it was told to stop first. Throws when the connection is lost. */
  async acquire(): Promise<boolean> {
    const lock = `entrepot.outbox.${this.schema}`;
    while (!this.stop.aborted) {
      const { rows } = await this.client.query<{ mine: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS mine',
        [lock],
      );
      if (rows[0]?.mine) return true;
      // What it had under way is published again by us, and known by its id should it arrive after all.
      await endStalledHolders(this.client, lock, this.stalledAfterMs);
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
