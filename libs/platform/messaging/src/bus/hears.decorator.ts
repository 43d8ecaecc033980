import { Logger } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import type { Announcement } from '@entrepot/contracts';
import { copyMetadata } from './copy-metadata.js';

type Handler<D> = (data: D, ...rest: never[]) => void | Promise<void>;

const logger = new Logger('Hears');

/** The method hears `announcement` on every replica. Its first parameter is the data, validated; failures are logged, nobody waits for them. */
export function Hears<D>(announcement: Announcement<D>) {
  return <H extends Handler<D>>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<H>): void => {
    const method = descriptor.value!;
    const hear = async function (this: unknown, data: unknown, ...rest: never[]): Promise<void> {
      try {
        await method.call(this, announcement.parse(data), ...rest);
      } catch (thrown) {
        logger.error(thrown, undefined, announcement.subject);
      }
    };
    copyMetadata(method, hear);
    descriptor.value = hear as unknown as H;
    (EventPattern(announcement.subject) as MethodDecorator)(target, key, descriptor);
  };
}
