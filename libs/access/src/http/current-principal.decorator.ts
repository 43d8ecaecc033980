import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { KeyPrincipal } from '../principals/principal.js';

/** The principal that the access guard let in. Only on routes that are not public. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): KeyPrincipal => {
  const { user } = context.switchToHttp().getRequest<FastifyRequest & { user?: KeyPrincipal }>();
  if (user?.kind !== 'key') throw new Error('the route asks for a principal, but nobody had to log in');
  return user;
});
