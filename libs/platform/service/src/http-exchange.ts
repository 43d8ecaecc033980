import { Controller, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { HttpExchangeReply, HttpExchangeRequest, Question } from '@entrepot/contracts';
import { exchange } from '@entrepot/platform-http';
import { Answers } from '@entrepot/platform-messaging';

/** The handler's way to the application that it is a part of, filled in once that exists. */
export interface ApplicationSlot {
  app: NestFastifyApplication | null;
}

/** A handler that answers control-plane requests which the gateway passed on, by the service's own routes, guards and filters. */
export function httpExchangeHandler(
  question: Question<HttpExchangeRequest, HttpExchangeReply>,
  slot: ApplicationSlot,
): Type {
  class HttpExchangeHandler {
    async answer(request: HttpExchangeRequest): Promise<HttpExchangeReply> {
      if (slot.app === null) throw new Error('a request arrived before the application was there');
      return exchange(slot.app, request);
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(
    HttpExchangeHandler.prototype,
    'answer',
  ) as TypedPropertyDescriptor<HttpExchangeHandler['answer']>;
  Answers(question)(HttpExchangeHandler.prototype, 'answer', descriptor);
  Object.defineProperty(HttpExchangeHandler.prototype, 'answer', descriptor);
  Controller()(HttpExchangeHandler);
  return HttpExchangeHandler;
}
