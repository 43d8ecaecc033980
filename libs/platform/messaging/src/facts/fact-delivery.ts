import { headers } from '@nats-io/transport-node';
import type { JetStreamClient, JsMsg } from '@nats-io/jetstream';
import { ContractViolation } from '@entrepot/contracts';
import { messageOf } from '@entrepot/platform-observability';
import type { PlatformLogger } from '@entrepot/platform-persistence';
import { wireFamilyOf } from '../bus/wire-error.js';
import { DEAD_LETTERS_PREFIX } from './event-streams.js';
import { type FactEvent, parseCloudEvent } from './fact-event.js';

/** Hears the facts of one type. */
export type FactHandler = (event: FactEvent<unknown>) => Promise<void>;

export interface DeliveryOptions {
  consumer: string;
  /** By `image.pushed.v1`; several handlers of one fact all run, in order. */
  handlers: ReadonlyMap<string, readonly FactHandler[]>;
  stream: JetStreamClient;
  logger: PlatformLogger;
  /** Tries of a handler that fails for a reason of its own, before the fact is set aside. */
  maxDeliveries: number;
  /** How long after the nth failed delivery the next one comes. */
  retryDelayMs: (delivery: number) => number;
}

/** What to do with one message of the stream, and doing it. Never throws: a message without an acknowledgement comes again. */
export class FactDelivery {
  constructor(private readonly options: DeliveryOptions) {}

  /** The key within which messages wait for each other. */
  keyOf(message: JsMsg): string {
    try {
      return parseCloudEvent(message.data).orderingKey;
    } catch {
      return message.subject;
    }
  }

  async handle(message: JsMsg): Promise<void> {
    try {
      const event = parseCloudEvent(message.data);
      for (const handler of this.options.handlers.get(event.type) ?? []) await handler(event);
      message.ack();
    } catch (error) {
      // The connection may have been closed beneath a handler that took long: the fact then comes again by itself.
      await this.#failed(message, error).catch((err: unknown) => {
        this.options.logger.warn({ err, subject: message.subject }, 'a fact could not be given back');
      });
    }
  }

  async #failed(message: JsMsg, error: unknown): Promise<void> {
    const { consumer, logger, maxDeliveries, retryDelayMs } = this.options;
    const { deliveryCount } = message.info;
    const isEnvironment = wireFamilyOf(error) === 'environment';
    const thrown: unknown = (error as { thrown?: unknown } | null)?.thrown ?? error;
    const fields = { err: thrown, consumer, subject: message.subject, streamSequence: message.seq, deliveryCount };
    // Thrown by the envelope or the fact's own parser; one from inside a handler is about something else.
    const isUnreadable = error instanceof ContractViolation;
    if (isUnreadable || (!isEnvironment && deliveryCount >= maxDeliveries)) {
      await this.#setAside(message, thrown, fields);
      return;
    }
    const words = 'a fact could not be handled and comes again';
    if (isEnvironment) logger.warn(fields, words);
    else logger.error(fields, words);
    message.nak(retryDelayMs(deliveryCount));
  }

  async #setAside(message: JsMsg, thrown: unknown, fields: object): Promise<void> {
    const { consumer, logger, stream, retryDelayMs } = this.options;
    const why = headers();
    why.set(
      'Entrepot-Reason',
      messageOf(thrown)
        .replace(/[^\x20-\x7e]/g, '?')
        .slice(0, 500),
    );
    why.set('Entrepot-Stream-Sequence', String(message.seq));
    try {
      await stream.publish(`${DEAD_LETTERS_PREFIX}.${consumer}.${message.subject}`, message.data, {
        headers: why,
        msgID: `${consumer}.${message.seq}`,
      });
      message.term();
      logger.error(fields, 'a fact was set aside as a dead letter');
    } catch (err) {
      logger.error({ ...fields, err }, 'a dead letter could not be set aside; the fact comes again');
      message.nak(retryDelayMs(message.info.deliveryCount));
    }
  }
}
