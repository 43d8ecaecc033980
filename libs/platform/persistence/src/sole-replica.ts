import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { DatabaseUnavailable } from './database-errors.js';
import type { PlatformLogger } from './platform-logger.js';
import { schemaName } from './schema-name.js';
import { endStalledHolders } from './stalled-holder.js';

/** The channel on which a replica that comes asks the one that is alone to make room; the payload is the schema. */
const CHANNEL = 'entrepot_replicas';
const BEAT_MS = 250;
/** So long after a beat was sent that Postgres answered, a replica that was alone may say so. Who has the lock next waits as long before its first change. */
const ALONE_MS = 1_000;
/** So long after it a replica may make changes, which a slow Postgres is not to stop: others are alone only much later. */
const JOINED_MS = 10_000;
/** How often a replica that comes looks whether there is room: at first, and when that takes long. */
const KNOCK_MS = 50;
const SLOW_KNOCK_MS = 1_000;
/** After making room: whoever asked for it looks every {@link KNOCK_MS}. */
const ROOM_MS = 2_000;
/** A replica that is silent for so long, many beats, stalls. */
const STALLED_MS = 10_000;
/** A connection that answers no sooner is given up. */
const ANSWER_MS = 3_000;
/** Changes wait until the lock was gone for so long, then they are refused at once; at the start until one that stalls has been ended. */
const PATIENCE_MS = 5_000;
const FIRST_PATIENCE_MS = 3 * STALLED_MS;
const GOODBYE_MS = 1_000;

/** The part of `Database` that is needed. */
interface Connects {
  readonly schema: string;
  dedicatedConnection(): Promise<pg.Client>;
}

export interface SoleReplicaOptions {
  database: Connects;
  /** How long a replica must have been the only one before it says so: longer than what another had under way can take to be over. 0 waits for nobody. */
  aloneAfterMs: number;
  logger: PlatformLogger;
}

/** By two clocks: one stands still while a virtual machine does, the other one may be set. */
interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

const NEVER: Instant = { monotonic: -Infinity, wall: -Infinity };

/**
 * Knows whether this process is the only one that changes a schema. Each that does holds a session lock of Postgres on a connection of its own,
 * shared; one that finds nobody else has it exclusively too, until another comes and asks for room. So a process may remember rows exactly
 * while it `isAlone`, provided that all who change them wait until they {@link joined}.
 *
 * Nobody has to notice in time that the lock was lost, by a cut network or a stalled process: `isAlone` ends by itself {@link ALONE_MS} after the last beat
 * that Postgres answered, and whoever has the lock next lets that time pass before it changes anything. `isAlone` begins only `aloneAfterMs` after the lock was
 * had. A minute is enough: changes begin no later than {@link JOINED_MS} after the last beat, and Postgres ends what is left of them when a client stalls
 * (10 s idle in a transaction, 10 s a statement) or its host is gone (keepalives, 30 s).
 */
export class SoleReplica {
  readonly #stop = new AbortController();
  readonly #lock: string;
  #running: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  readonly #waiting = new Set<() => void>();
  /** When the last beat was sent that was answered. */
  #heard = NEVER;
  #patientUntil = performance.now() + FIRST_PATIENCE_MS;
  #aloneSince: number | undefined;
  #roomUntil = -Infinity;
  #term = 0;
  #toldLoss = false;

  constructor(private readonly options: SoleReplicaOptions) {
    this.#lock = `entrepot.replicas.${schemaName(options.database.schema)}`;
  }

  /** Begins; returns at once. Later calls do nothing. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Gives the lock back. Changes are refused from then on. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wakeAll();
    await this.#running;
  }

  /** Whether nobody else can have changed anything since `term` began. */
  get isAlone(): boolean {
    if (this.#aloneSince === undefined || !this.#isHeardWithin(ALONE_MS)) return false;
    return performance.now() - this.#aloneSince >= this.options.aloneAfterMs;
  }

  /** Another number each time that this replica became the only one. */
  get term(): number {
    return this.#term;
  }

  /** Resolves, at once as a rule, when others can know of us, so that we may change something. Throws `DatabaseUnavailable` when the lock was gone for 5 s. */
  async joined(): Promise<void> {
    while (!this.#isHeardWithin(JOINED_MS)) {
      const until = Math.max(this.#patientUntil, this.#heard.monotonic + JOINED_MS + PATIENCE_MS);
      const patienceMs = until - performance.now();
      if (patienceMs <= 0 || this.#stop.signal.aborted) {
        throw new DatabaseUnavailable('this replica has no lock in the database');
      }
      await this.#nextBeat(patienceMs);
    }
  }

  async #nextBeat(withinMs: number): Promise<void> {
    let done: () => void = () => undefined;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      done = resolve;
      this.#waiting.add(done);
      timer = setTimeout(done, withinMs);
    });
    clearTimeout(timer);
    this.#waiting.delete(done);
  }

  #isHeardWithin(ms: number): boolean {
    return performance.now() < this.#heard.monotonic + ms && Date.now() < this.#heard.wall + ms;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      let client: pg.Client | undefined;
      try {
        client = await this.options.database.dedicatedConnection();
        await this.#hold(client);
      } catch (error) {
        if (!signal.aborted) this.#tellLoss(error);
      } finally {
        this.#leave();
        await Promise.race([client?.end().catch(() => undefined), sleep(GOODBYE_MS, undefined, { ref: false })]);
      }
      await sleep(BEAT_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #hold(client: pg.Client): Promise<void> {
    const { database, aloneAfterMs } = this.options;
    let isOurs = true;
    const lost = (): void => {
      if (isOurs) this.#leave();
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', ({ payload }) => {
      if (isOurs && payload === database.schema) this.#makeRoom();
    });
    try {
      await client.query(`LISTEN ${CHANNEL}`);
      await this.#join(client);
      // Whoever had the lock before may say that it is alone until then.
      await sleep(Math.min(ALONE_MS, aloneAfterMs), undefined, { signal: this.#stop.signal });
      for (let exclusive = false; !this.#stop.signal.aborted; await this.#rest()) {
        exclusive = await this.#beat(client, exclusive);
      }
    } finally {
      isOurs = false;
    }
  }

  async #join(client: pg.Client): Promise<void> {
    const slowFrom = performance.now() + ROOM_MS;
    while (!(await this.#lockIs(client, 'pg_try_advisory_lock_shared'))) {
      await client.query('SELECT pg_notify($1, $2)', [CHANNEL, this.options.database.schema]);
      const slow = performance.now() > slowFrom;
      if (slow) await endStalledHolders(client, this.#lock, STALLED_MS);
      await sleep(slow ? SLOW_KNOCK_MS : KNOCK_MS, undefined, { signal: this.#stop.signal });
    }
  }

  /** Resolves to whether we have the exclusive lock. */
  async #beat(client: pg.Client, exclusive: boolean): Promise<boolean> {
    const sent: Instant = { monotonic: performance.now(), wall: Date.now() };
    const mine = await this.#keepExclusive(client, exclusive);
    this.#heard = sent;
    this.#toldLoss = false;
    this.#wakeAll();
    return mine;
  }

  async #keepExclusive(client: pg.Client, exclusive: boolean): Promise<boolean> {
    if (this.#isAskedForRoom) {
      await (exclusive ? this.#lockIs(client, 'pg_advisory_unlock') : this.#isThere(client));
      return false;
    }
    const mine = await (exclusive ? this.#isThere(client) : this.#lockIs(client, 'pg_try_advisory_lock'));
    if (mine && this.#aloneSince === undefined && !this.#isAskedForRoom) this.#becomeAlone();
    return mine;
  }

  async #isThere(client: pg.Client): Promise<true> {
    await client.query(limited('SELECT 1'));
    return true;
  }

  async #lockIs(client: pg.Client, call: string): Promise<boolean> {
    const text = `SELECT ${call}(hashtextextended($1, 0)) AS yes`;
    const { rows } = await client.query<{ yes: boolean }>(limited(text, [this.#lock]));
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
    if (this.#heard !== NEVER) this.#patientUntil = performance.now() + PATIENCE_MS;
    this.#heard = NEVER;
    this.#aloneSince = undefined;
    this.#wake();
  }

  /** Once until it has the lock again: an outage may last. */
  #tellLoss(err: unknown): void {
    if (this.#toldLoss) return;
    this.#toldLoss = true;
    this.options.logger.warn(
      { err, schema: this.options.database.schema },
      'this replica has no lock in the database: it changes nothing',
    );
  }

  #wakeAll(): void {
    this.#wake();
    for (const done of this.#waiting) done();
  }

  async #rest(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, BEAT_MS);
    });
    clearTimeout(timer);
  }
}

function limited(text: string, values: unknown[] = []): pg.QueryConfig {
  // The driver reads it, its types don't know it.
  return Object.assign({ text, values }, { query_timeout: ANSWER_MS });
}
