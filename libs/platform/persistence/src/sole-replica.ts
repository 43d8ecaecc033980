import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { DatabaseUnavailable } from './database-errors.js';
import type { PlatformLogger } from './platform-logger.js';
import { schemaName } from './schema-name.js';
import { endStalledHolders } from './stalled-holder.js';

/** The channel on which a replica that comes asks the one that is alone to make room; the payload is the schema. */
const CHANNEL = 'entrepot_replicas';
const BEAT_MS = 250;
/** So long after a beat was sent that Postgres answered, nobody else can have the lock that we had then. */
const TRUST_MS = 1_000;
/** How often a replica that comes looks whether there is room. */
const KNOCK_MS = 50;
/** After making room: whoever asked for it looks every {@link KNOCK_MS}. */
const ROOM_MS = 2_000;
/** A replica that is silent for so long, many beats, stalls. */
const STALLED_MS = 10_000;
/** A lock's connection that answers no sooner is given up. */
const ANSWER_MS = 3_000;
/** A change waits so long for the lock to be had again, then is refused. */
const PATIENCE_MS = 5_000;

/** The part of `Database` that is needed. */
interface Connects {
  readonly schema: string;
  dedicatedConnection(): Promise<pg.Client>;
}

export interface SoleReplicaOptions {
  database: Connects;
  /** How long a replica must have been the only one before it says so: longer than what another had under way can take to be over. */
  aloneAfterMs: number;
  logger: PlatformLogger;
}

/**
 * Knows whether this process is the only one that changes a schema. Each that does holds a session lock of Postgres on a connection of its own,
 * shared; one that finds nobody else has it exclusively too, until another comes and asks for room. So a process may remember rows exactly
 * while it `isAlone`, provided that all who change them wait until they {@link joined}.
 *
 * Nobody has to notice in time that the lock was lost, by a cut network or a stalled process: `isAlone` ends by itself {@link TRUST_MS} after the last beat
 * that Postgres answered, and begins only `aloneAfterMs` after the lock was had. A minute is enough: by then Postgres has ended the transactions
 * of a client that stalls (10 s idle in a transaction) or whose host is gone (keepalives, 30 s), and those that run (10 s a statement).
 */
export class SoleReplica {
  readonly #stop = new AbortController();
  readonly #lock: string;
  #running: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #waiting: (() => void)[] = [];
  #trust = { monotonic: -Infinity, wall: -Infinity };
  #aloneSince: number | undefined;
  #roomUntil = -Infinity;
  #term = 0;

  constructor(private readonly options: SoleReplicaOptions) {
    this.#lock = `entrepot.replicas.${schemaName(options.database.schema)}`;
  }

  /** Begins; returns at once. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Gives the lock back. Changes are refused from then on. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  /** Whether nobody else can have changed anything since `term` began. */
  get isAlone(): boolean {
    if (this.#aloneSince === undefined || !this.#isTrusted) return false;
    return performance.now() - this.#aloneSince >= this.options.aloneAfterMs;
  }

  /** Another number each time that this replica became the only one. */
  get term(): number {
    return this.#term;
  }

  /** Resolves, at once as a rule, when others can know of us, so that we may change something. Throws `DatabaseUnavailable` after 5 s. */
  async joined(): Promise<void> {
    if (this.#isTrusted) return;
    const patience = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(PATIENCE_MS)]);
    while (!this.#isTrusted) {
      if (patience.aborted) throw new DatabaseUnavailable('this replica has no lock in the database');
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        patience.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  // One clock stands still while a virtual machine does, the other one may be set.
  get #isTrusted(): boolean {
    return performance.now() < this.#trust.monotonic && Date.now() < this.#trust.wall;
  }

  async #run(): Promise<void> {
    const { database, logger } = this.options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      let client: pg.Client | undefined;
      try {
        client = await database.dedicatedConnection();
        await this.#hold(client);
      } catch (err) {
        if (!signal.aborted) logger.warn({ err, schema: database.schema }, 'this replica lost its lock');
      } finally {
        this.#leave();
        await client?.end().catch(() => undefined);
      }
      await sleep(BEAT_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #hold(client: pg.Client): Promise<void> {
    const { schema } = this.options.database;
    client.on('error', () => this.#leave());
    client.on('end', () => this.#leave());
    client.on('notification', ({ payload }) => {
      if (payload === schema) this.#makeRoom();
    });
    await client.query(`LISTEN ${CHANNEL}`);
    await this.#join(client);
    let exclusive = false;
    while (!this.#stop.signal.aborted) {
      exclusive = await this.#beat(client, exclusive);
      await this.#rest(BEAT_MS);
    }
  }

  async #join(client: pg.Client): Promise<void> {
    while (!(await this.#lockIs(client, 'pg_try_advisory_lock_shared'))) {
      await client.query('SELECT pg_notify($1, $2)', [CHANNEL, this.options.database.schema]);
      await endStalledHolders(client, this.#lock, STALLED_MS);
      await sleep(KNOCK_MS, undefined, { signal: this.#stop.signal });
    }
  }

  /** Resolves to whether we have the exclusive lock. */
  async #beat(client: pg.Client, exclusive: boolean): Promise<boolean> {
    const sent = { monotonic: performance.now() + TRUST_MS, wall: Date.now() + TRUST_MS };
    const mine = await this.#exclusive(client, exclusive);
    this.#trust = sent;
    for (const resolve of this.#waiting.splice(0)) resolve();
    return mine;
  }

  async #exclusive(client: pg.Client, exclusive: boolean): Promise<boolean> {
    if (this.#isAskedForRoom) {
      await (exclusive ? this.#lockIs(client, 'pg_advisory_unlock') : this.#isThere(client));
      return false;
    }
    if (exclusive) return this.#isThere(client);
    if (!(await this.#lockIs(client, 'pg_try_advisory_lock'))) return false;
    if (!this.#isAskedForRoom) this.#becomeAlone();
    return true;
  }

  async #isThere(client: pg.Client): Promise<true> {
    await client.query(within('SELECT 1'));
    return true;
  }

  async #lockIs(client: pg.Client, call: string): Promise<boolean> {
    const { rows } = await client.query<{ yes: boolean }>(
      within(`SELECT ${call}(hashtextextended($1, 0)) AS yes`, [this.#lock]),
    );
    return rows[0]!.yes;
  }

  get #isAskedForRoom(): boolean {
    return performance.now() < this.#roomUntil;
  }

  #becomeAlone(): void {
    const { logger, database, aloneAfterMs } = this.options;
    this.#aloneSince = performance.now();
    this.#term += 1;
    logger.info({ schema: database.schema, aloneAfterMs }, 'this replica is the only one');
  }

  #makeRoom(): void {
    if (this.#aloneSince !== undefined) {
      this.options.logger.info({ schema: this.options.database.schema }, 'another replica has come');
    }
    this.#aloneSince = undefined;
    this.#roomUntil = performance.now() + ROOM_MS;
    this.#wake();
  }

  #leave(): void {
    this.#aloneSince = undefined;
    this.#trust = { monotonic: -Infinity, wall: -Infinity };
    this.#wake();
  }

  async #rest(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }
}

function within(text: string, values: unknown[] = []): pg.QueryConfig {
  // The driver reads it, its types don't know it.
  return Object.assign({ text, values }, { query_timeout: ANSWER_MS });
}
