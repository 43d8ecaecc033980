import { BaseRpcContext, type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { InProcessBus } from './in-process-bus.js';

/** Nest's transport for services in one process: handlers run through its guards, pipes and filters as they do behind NATS. */
export class InProcessServer extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol('in-process');
  readonly #stops: (() => void)[] = [];

  constructor(private readonly bus: InProcessBus) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    try {
      for (const [subject, handler] of this.getHandlers()) this.#bind(subject, handler);
      callback();
    } catch (error) {
      callback(error);
    }
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  override on(): void {
    // Nothing ever happens to a connection that doesn't exist.
  }

  override unwrap<T>(): T {
    return this.bus as T;
  }

  #bind(subject: string, handler: MessageHandler): void {
    const context = new BaseRpcContext([subject]);
    const call = async (data: unknown): Promise<unknown> => {
      const result: unknown = await handler(data, context);
      return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
    };
    if (handler.isEventHandler) {
      this.#stops.push(
        this.bus.hear(subject, (data) => void call(data).catch((error: unknown) => this.logger.error(error))),
      );
    } else {
      this.bus.answer(subject, call);
      this.#stops.push(() => this.bus.stopAnswering(subject));
    }
  }
}
