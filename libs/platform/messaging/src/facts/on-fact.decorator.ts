import { EventPattern, RpcException } from '@nestjs/microservices';
import type { Fact } from '@entrepot/contracts';
import { copyMetadata } from '../bus/copy-metadata.js';
import { toWireError } from '../bus/wire-error.js';
import type { FactEvent } from './fact-event.js';

/** Only the durable consumer takes these handlers: facts don't come over request/reply. */
export const DURABLE_TRANSPORT = Symbol('durable-facts');

export interface OnFactOptions {
  /** The durable consumer that hears it, usually the service's name. Needed where several services share a process. */
  consumer?: string;
}

/** What the decorator tells the strategy, as Nest's `extras`. */
export interface FactPattern {
  fact: Fact<unknown>;
  consumer?: string;
}

type Handler<D> = (event: FactEvent<D>, ...rest: never[]) => void | Promise<void>;

/**
 * The method hears `fact` at least once and in order per ordering key, unless an attempt failed and is repeated later. It drops duplicates
 * itself, in the transaction of its effect (`claimEvent`, `handleOnce`). An `EnvironmentFailure` means "again later"; anything else is tried
 * again a few times and then set aside as a dead letter.
 */
export function OnFact<D>(fact: Fact<D>, options: OnFactOptions = {}) {
  return <H extends Handler<D>>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<H>): void => {
    const method = descriptor.value!;
    const hear = async function (this: unknown, event: FactEvent<D>, ...rest: never[]): Promise<void> {
      try {
        await method.call(this, event, ...rest);
      } catch (thrown) {
        // Nest's filter would keep only "internal error" of it. The family decides what becomes of the fact, the original is for the log.
        throw new RpcException({ error: toWireError(thrown), thrown });
      }
    };
    copyMetadata(method, hear);
    descriptor.value = hear as unknown as H;
    const pattern: FactPattern = { fact: fact as unknown as Fact<unknown>, ...options };
    const decorate = EventPattern(`${fact.type}.v${fact.major}`, DURABLE_TRANSPORT, pattern) as MethodDecorator;
    decorate(target, key, descriptor);
  };
}
