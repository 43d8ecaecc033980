import { setTimeout as sleep } from 'node:timers/promises';
import { headers } from '@nats-io/transport-node';
import { jetstream, type JetStreamClient, jetstreamManager } from '@nats-io/jetstream';
import { type Database, OUTBOX_CHANNEL, type PlatformLogger } from '@entrepot/platform-persistence';
import type { BusLink } from '../bus/bus-link.js';
import { ensureEventsStream, EVENTS_STREAM, type StreamLimits } from './event-streams.js';
import { CLOUD_EVENT_MEDIA_TYPE, toCloudEvent } from './fact-event.js';
import { deleteOutboxRows, nextOutboxRows, type OutboxRow } from './outbox-rows.js';
import { publishInOrder, type PublishResult } from './publish-in-order.js';
import { RelayLease } from './relay-lease.js';
import { WaitingKeys } from './waiting-keys.js';

export interface OutboxRelayOptions {
  database: Database;
  link: BusLink;
  logger: PlatformLogger;
  limits?: StreamLimits;
  /** Looks at the outbox this often even when nobody says that there is something; 1,000 unless told. */
  pollMs?: number;
  /** A replica whose relay says nothing to Postgres for so long besides counts as stalled, and another takes over; 15,000 unless told. */
  stalledAfterMs?: number;
}

/**
 * How long facts are gathered after others were published. One that comes alone is published at once; of many, each doesn't cost a look at the
 * outbox, a DELETE and a transaction of every consumer.
 */
const GATHER_MS = 50;
/** Publishes under way at most. */
const BATCH = 256;
const PUBLISH_TIMEOUT_MS = 5_000;
const MAX_BACKOFF_MS = 5_000;
/** Keys passed over at most: they travel with each look at the outbox. With more of them, it is not the keys that are to blame. */
const MAX_WAITING_KEYS = 4_096;
const POLL_MS = 1_000;
/** Three times what the publishing of a batch may take. */
const STALLED_AFTER_MS = 15_000;

/**
 * Publishes a service's committed facts to JetStream. Every replica runs one; the one that holds the lease works, the others stand by. While
 * NATS or Postgres is away it keeps trying, and nothing is lost: a row is deleted only after the stream has acknowledged its fact. A fact that
 * the stream does not take holds back its own key, whose order stays, and no other.
 */
export class OutboxRelay {
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(private readonly options: OutboxRelayOptions) {}

  /** Begins; returns at once. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Lets the batch under way finish and gives the lease back. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { database, logger, pollMs = POLL_MS, stalledAfterMs = STALLED_AFTER_MS } = this.options;
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted;) {
      const lease = await RelayLease.open(database, OUTBOX_CHANNEL, signal, pollMs + stalledAfterMs).catch(
        (error: unknown) => error,
      );
      try {
        if (!(lease instanceof RelayLease)) throw lease;
        if (!(await lease.acquire())) continue;
        logger.info({ schema: database.schema }, 'this replica publishes the outbox');
        await this.#publishAll(lease, () => (failures = 0));
      } catch (err) {
        if (this.#stop.signal.aborted) break;
        logger.warn({ err, schema: database.schema }, 'the outbox waits: publishing failed');
        await this.#pause(Math.min(100 * 2 ** failures++, MAX_BACKOFF_MS));
      } finally {
        if (lease instanceof RelayLease) await lease.release();
      }
    }
  }

  async #publishAll(lease: RelayLease, healthy: () => void): Promise<void> {
    const { link, limits, pollMs = POLL_MS } = this.options;
    await ensureEventsStream(await jetstreamManager(link.connection), limits);
    const stream = jetstream(link.connection, { timeout: PUBLISH_TIMEOUT_MS });
    const waiting = new WaitingKeys();
    while (!this.#stop.signal.aborted) {
      const rows = await nextOutboxRows(lease.client, BATCH, waiting.passedOver());
      const result = await publishInOrder(rows, (row) => publish(stream, row));
      await deleteOutboxRows(lease.client, result.published);
      await this.#settle(waiting, rows, result);
      healthy();
      if (rows.length === BATCH) continue;
      if (rows.length > 0) await this.#sleep(GATHER_MS);
      await lease.wake(Math.min(pollMs, waiting.nextDueMs()));
    }
  }

  /** Lets the keys that failed wait. Throws when it is not theirs: when NATS or the stream does not answer, or when far too many fail. */
  async #settle(waiting: WaitingKeys, rows: readonly OutboxRow[], { published, failed }: PublishResult): Promise<void> {
    for (const { event } of rows) if (!failed.has(event.orderingKey)) waiting.succeeded(event.orderingKey);
    const [first] = failed;
    if (first === undefined) return;
    const [orderingKey, err] = first;
    if (published.length === 0) await this.#requireStream(err);
    for (const key of failed.keys()) waiting.failed(key);
    if (waiting.size > MAX_WAITING_KEYS) throw err;
    const { logger, database } = this.options;
    logger.warn(
      { err, schema: database.schema, orderingKey, keys: failed.size },
      'facts could not be published: their keys wait, the others go on',
    );
  }

  /** Throws `failure` when the stream can't be asked either. */
  async #requireStream(failure: unknown): Promise<void> {
    const { link } = this.options;
    if (!link.connected) throw failure;
    const manager = await jetstreamManager(link.connection);
    await manager.streams.info(EVENTS_STREAM);
  }

  async #pause(ms: number): Promise<void> {
    await this.#sleep(ms * (0.5 + Math.random() / 2));
  }

  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}

async function publish(stream: JetStreamClient, { event, busSubject }: OutboxRow): Promise<void> {
  const messageHeaders = headers();
  messageHeaders.set('Content-Type', CLOUD_EVENT_MEDIA_TYPE);
  await stream.publish(busSubject, JSON.stringify(toCloudEvent(event)), {
    msgID: event.id,
    headers: messageHeaders,
    expect: { streamName: EVENTS_STREAM },
  });
}
