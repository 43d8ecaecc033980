import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EchoController } from '../spec/echo.controller.js';
import { echo } from '../spec/echo.contract.js';
import { itCarriesMessages } from '../spec/transport-suite.js';
import { InProcessBus } from './in-process-bus.js';
import { InProcessMessageClient } from './in-process-message.client.js';
import { InProcessServer } from './in-process.server.js';

@Module({ controllers: [EchoController] })
class EchoModule {}

describe('in one process', () => {
  const bus = new InProcessBus();
  const client = new InProcessMessageClient(bus);
  let app: INestMicroservice;

  beforeAll(async () => {
    app = await NestFactory.createMicroservice(EchoModule, { strategy: new InProcessServer(bus), logger: false });
    await app.listen();
  });

  afterAll(async () => {
    await app?.close();
    await expect(client.ask(echo, { text: 'gone' })).rejects.toMatchObject({ reason: 'no-responders' });
  });

  itCarriesMessages(() => client);

  it('refuses two answerers of one question', () => {
    expect(() => bus.answer(echo.subject, async () => undefined)).toThrow('answered twice');
  });
});
