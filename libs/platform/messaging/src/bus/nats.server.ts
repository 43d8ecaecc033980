import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { context, propagation } from '@opentelemetry/api';
import { type MessageHandler, type NatsContext, ServerNats } from '@nestjs/microservices';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { askedUntil } from '@entrepot/platform-persistence';
import { MessageTooLarge } from './bus-errors.js';
import { BusLink } from './bus-link.js';
import type { BusOptions } from './bus-options.js';
import { expiryOf, ExpiredQuestions } from './expiry.js';
import { toWireError } from './wire-error.js';

/** Requests under way get this long to finish when the service stops; Kubernetes gives 30 s in all. */
const CLOSE_GRACE_MS = 10_000;

/** What Nest's server hands to a publisher. */
interface OutgoingResponse {
  err?: unknown;
  isDisposed?: boolean;
}

/**
 * Nest's NATS transport with our connection. Questions are shared among the replicas of the service (its name is the queue group),
 * announcements reach every replica. Handlers run as they do in process.
 */
export class NatsServer extends ServerNats {
  readonly #subscriptions: Subscription[] = [];
  #link: BusLink | undefined;
  #underWay = 0;
  /** Of this replica, in its replies. */
  readonly #name = randomBytes(8).toString('hex');
  readonly #expired: ExpiredQuestions;

  constructor(private readonly bus: BusOptions) {
    super({ queue: bus.service });
    this.#expired = new ExpiredQuestions(bus.logger);
  }

  override async createNatsClient(): Promise<NatsConnection> {
    this.#link = await BusLink.open(this.bus);
    return this.#link.connection;
  }

  override bindEvents(client: NatsConnection): void {
    for (const [subject, handler] of this.getHandlers() as Map<string, MessageHandler>) {
      const callback = this.getMessageHandler(subject).bind(this) as (error: Error | null, message: Msg) => void;
      const queue = handler.isEventHandler ? {} : { queue: this.bus.service };
      this.#subscriptions.push(client.subscribe(subject, { ...queue, callback }));
      // By name, for askers who know of another replica that does not answer.
      if (!handler.isEventHandler) this.#subscriptions.push(client.subscribe(`${subject}.${this.#name}`, { callback }));
    }
  }

  override async handleMessage(channel: string, message: Msg): Promise<unknown> {
    const expires = expiryOf(message.headers);
    if (expires !== null && this.#expired.drop(channel, expires)) return;
    const carrier: Record<string, string> = {};
    for (const name of message.headers?.keys() ?? []) carrier[name.toLowerCase()] = message.headers!.get(name);
    const parent = propagation.extract(context.active(), carrier);
    const handle = () => context.with(parent, () => super.handleMessage(channel, message) as Promise<unknown>);
    return expires === null ? handle() : askedUntil(expires, handle);
  }

  override getPublisher(message: Msg, id: string, ctx: NatsContext): (response: OutgoingResponse) => unknown {
    const publish = super.getPublisher(message, id, ctx) as (response: OutgoingResponse) => unknown;
    if (message.reply) this.#underWay += 1;
    return (response) => {
      if (message.reply && (response.isDisposed || response.err)) this.#underWay -= 1;
      try {
        return publish(Object.assign(response, { from: this.#name }));
      } catch (error) {
        // Without this the asker would wait for a reply that the bus refused to carry.
        const err = { error: toWireError(new MessageTooLarge(`${message.subject}: the reply is too large`)) };
        this.bus.logger.error({ err: error, subject: message.subject }, 'a reply could not be sent');
        return publish({ err, isDisposed: true });
      }
    };
  }

  /** Takes no more questions, lets those under way finish, then disconnects. */
  override async close(): Promise<void> {
    const deadline = Date.now() + CLOSE_GRACE_MS;
    await this.#drain();
    while (this.#underWay > 0 && Date.now() < deadline && this.#link?.connected) await sleep(10);
    await this.#flush();
    await super.close();
  }

  /**
   * Ends the subscriptions and takes what the server had sent us before it knew: whoever asked that would else wait for an answer until the
   * deadline. Does not wait for a connection that is lost.
   */
  async #drain(): Promise<void> {
    const subscriptions = this.#subscriptions.splice(0);
    await this.#whileConnected(Promise.allSettled(subscriptions.map((subscription) => subscription.drain())));
    // The last ones were handed over just now, and are counted as under way a few microtasks later.
    await this.#flush();
  }

  async #flush(): Promise<void> {
    await this.#whileConnected(this.#link?.connection.flush().catch(() => undefined));
  }

  async #whileConnected(work: Promise<unknown> | undefined): Promise<void> {
    if (!this.#link?.connected) return;
    let stop = (): void => undefined;
    const lost = new Promise<void>((resolve) => (stop = this.#link!.onLost(resolve)));
    await Promise.race([work, lost]).finally(stop);
  }
}

/** The options for `connectMicroservice`. */
export function natsServer(options: BusOptions): { strategy: NatsServer } {
  return { strategy: new NatsServer(options) };
}
