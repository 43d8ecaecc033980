import { BaseRpcContext, type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { PlatformLogger } from '@entrepot/platform-persistence';
import { BusLink } from '../bus/bus-link.js';
import type { BusOptions } from '../bus/bus-options.js';
import { ConsumerLoop } from './consumer-loop.js';
import type { FactHandler } from './fact-delivery.js';
import type { FactEvent } from './fact-event.js';
import type { StreamLimits } from './event-streams.js';
import { DURABLE_TRANSPORT, type FactPattern } from './on-fact.decorator.js';

export interface DurableConsumerOptions {
  bus: BusOptions;
  /** Durable consumer of the handlers that name none. */
  service: string;
  logger: PlatformLogger;
  /** For the stream, should it be missing. */
  limits?: StreamLimits;
  /** A delivery that is not acknowledged (the process died) comes again after this; 30,000 unless told. */
  ackWaitMs?: number;
  /** 8 unless told. */
  maxDeliveries?: number;
  /** Delay after the nth failed delivery; from 1 s, doubling up to 1 min, unless told. */
  retryDelayMs?: (delivery: number) => number;
}

/**
 * Nest's transport for facts: feeds `@OnFact` handlers from JetStream. All replicas of a service share one durable pull consumer, which
 * remembers its place while none runs. One consumer hears every fact of the stream and passes over those it has no handler for: NATS 2.9
 * filters by one subject only, and two consumers would lose the order between facts of one image.
 */
export class DurableConsumer extends Server implements CustomTransportStrategy {
  override readonly transportId = DURABLE_TRANSPORT;
  /** The acknowledgement tells of failures; Nest need not log them too. */
  override readonly propagatesEventHandlerErrors = true;
  readonly #handlers = new Map<string, Map<string, FactHandler[]>>();
  #loops: ConsumerLoop[] = [];
  #link: BusLink | undefined;

  constructor(private readonly options: DurableConsumerOptions) {
    super();
  }

  override addHandler(pattern: unknown, callback: MessageHandler, isEventHandler = false, extras: object = {}): void {
    const { fact, consumer = this.options.service } = extras as Partial<FactPattern>;
    // Handlers without a transport of their own are offered to every strategy.
    if (!fact || !isEventHandler) return;
    const context = new BaseRpcContext([pattern]);
    const handler = async (event: FactEvent<unknown>): Promise<void> => {
      const result: unknown = await callback({ ...event, data: fact.parse(event.data) }, context);
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    };
    const ofConsumer = this.#handlers.get(consumer) ?? new Map<string, FactHandler[]>();
    this.#handlers.set(consumer, ofConsumer);
    ofConsumer.set(event(fact), [...(ofConsumer.get(event(fact)) ?? []), handler]);
  }

  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      const link = await BusLink.open(this.options.bus);
      this.#link = link;
      this.#loops = [...this.#handlers].map(
        ([consumer, handlers]) => new ConsumerLoop({ ...this.options, link, consumer, handlers }),
      );
      for (const loop of this.#loops) loop.start();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Takes no more facts, lets those under way finish, then disconnects. */
  async close(): Promise<void> {
    await Promise.all(this.#loops.splice(0).map((loop) => loop.stop()));
    await this.#link?.close();
  }

  override on(): void {
    // The link logs what happens to the connection; nothing else is to be told.
  }

  override unwrap<T>(): T {
    return this.#link as T;
  }
}

function event(fact: FactPattern['fact']): string {
  return `${fact.type}.v${fact.major}`;
}
