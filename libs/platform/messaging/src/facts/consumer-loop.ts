import { setTimeout as sleep } from 'node:timers/promises';
import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  jetstream,
  jetstreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import type { PlatformLogger } from '@entrepot/platform-persistence';
import type { BusLink } from '../bus/bus-link.js';
import { ensureDeadLettersStream, ensureEventsStream, EVENTS_STREAM, type StreamLimits } from './event-streams.js';
import { FactDelivery, type FactHandler } from './fact-delivery.js';
import { KeyedQueue } from './keyed-queue.js';

export interface ConsumerLoopOptions {
  link: BusLink;
  logger: PlatformLogger;
  consumer: string;
  handlers: ReadonlyMap<string, readonly FactHandler[]>;
  limits?: StreamLimits;
  ackWaitMs?: number;
  maxDeliveries?: number;
  retryDelayMs?: (delivery: number) => number;
}

/** Facts of one consumer under way at most, over all replicas: a bound on memory, and on what comes again after a crash. */
const MAX_PENDING = 256;
/** Fetched ahead per replica. */
const FETCH_AHEAD = 64;
const STOP_GRACE_MS = 10_000;

const backOff = (delivery: number): number => Math.min(1_000 * 2 ** (delivery - 1), 60_000);

/** Pulls one durable consumer's messages for as long as the process lives, whatever happens to NATS meanwhile. */
export class ConsumerLoop {
  readonly #stop = new AbortController();
  readonly #queue = new KeyedQueue();
  readonly #pending = new Set<JsMsg>();
  #messages: ConsumerMessages | undefined;
  #running: Promise<void> | undefined;

  constructor(private readonly options: ConsumerLoopOptions) {}

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#messages?.stop();
    await this.#running;
    const deadline = Date.now() + STOP_GRACE_MS;
    while (this.#pending.size > 0 && Date.now() < deadline && this.options.link.connected) await sleep(10);
    // Acknowledgements are only written to the socket's buffer: closing before they left would bring the facts again.
    if (this.options.link.connected) await this.options.link.connection.flush().catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { logger, consumer, ackWaitMs = 30_000 } = this.options;
    const heartbeat = setInterval(() => this.#stillWorking(), ackWaitMs / 3);
    for (let failures = 0; !this.#stop.signal.aborted;) {
      try {
        await this.#consume(ackWaitMs, () => (failures = 0));
      } catch (err) {
        if (!this.#stop.signal.aborted) logger.warn({ err, consumer }, 'facts can not be read; trying again');
      }
      const ms = Math.min(100 * 2 ** failures++, 5_000);
      await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
    clearInterval(heartbeat);
  }

  async #consume(ackWaitMs: number, healthy: () => void): Promise<void> {
    const { link, limits, consumer, handlers, logger, maxDeliveries = 8, retryDelayMs = backOff } = this.options;
    const manager = await jetstreamManager(link.connection);
    await ensureEventsStream(manager, limits);
    await ensureDeadLettersStream(manager);
    await manager.consumers.add(EVENTS_STREAM, {
      durable_name: consumer,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: ackWaitMs * 1_000_000,
      max_ack_pending: MAX_PENDING,
    });
    const stream = jetstream(link.connection);
    const delivery = new FactDelivery({ consumer, handlers, stream, logger, maxDeliveries, retryDelayMs });
    const durable = await stream.consumers.get(EVENTS_STREAM, consumer);
    this.#messages = await durable.consume({ max_messages: FETCH_AHEAD, abort_on_missing_resource: true });
    if (this.#stop.signal.aborted) this.#messages.stop();
    healthy();
    for await (const message of this.#messages) this.#take(delivery, message);
  }

  #take(delivery: FactDelivery, message: JsMsg): void {
    this.#pending.add(message);
    void this.#queue
      .run(delivery.keyOf(message), () => delivery.handle(message))
      .finally(() => this.#pending.delete(message));
  }

  // A slow handler is not a dead one: without this the fact would be delivered to another replica meanwhile.
  #stillWorking(): void {
    for (const message of this.#pending) message.working();
  }
}
