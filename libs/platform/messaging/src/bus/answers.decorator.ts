import { Logger } from '@nestjs/common';
import { MessagePattern, RpcException } from '@nestjs/microservices';
import type { Question } from '@entrepot/contracts';
import { copyMetadata } from './copy-metadata.js';
import { toWireError } from './wire-error.js';

type Handler<Q, A> = (request: Q, ...rest: never[]) => A | Promise<A>;

const logger = new Logger('Answers');
/** In production the asker's own check suffices; elsewhere a handler that breaks its contract should fail at home. */
const checksReplies = process.env['NODE_ENV'] !== 'production';

/**
 * The method answers `question`, in process or over NATS. Its first parameter is the request, validated; what it throws reaches the asker in
 * wire form. Bugs are logged here and told to nobody.
 */
export function Answers<Q, A>(question: Question<Q, A>) {
  return <H extends Handler<Q, A>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<H>,
  ): void => {
    const method = descriptor.value!;
    const answer = async function (this: unknown, request: unknown, ...rest: never[]): Promise<A> {
      try {
        const reply = await method.call(this, question.parseRequest(request), ...rest);
        return checksReplies ? question.parseReply(reply) : reply;
      } catch (thrown) {
        const error = toWireError(thrown);
        if (error.family === 'bug') logger.error(thrown, undefined, question.subject);
        throw new RpcException({ error });
      }
    };
    copyMetadata(method, answer);
    descriptor.value = answer as unknown as H;
    MessagePattern(question.subject)(target, key, descriptor);
  };
}
