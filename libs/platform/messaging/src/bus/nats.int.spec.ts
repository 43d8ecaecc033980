import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Msg } from '@nats-io/transport-node';
import { silentLogger } from '@entrepot/platform-persistence';
import { CutProxy } from '@entrepot/testing';
import { beat, echo, echoFenced, echoFreely } from '../spec/echo.contract.js';
import { EchoController, heardEpochs } from '../spec/echo.controller.js';
import { eventually } from '../spec/eventually.js';
import { natsTarget, natsUrl } from '../spec/nats-url.js';
import { itCarriesMessages } from '../spec/transport-suite.js';
import { MessageTooLarge } from './bus-errors.js';
import { BusLink } from './bus-link.js';
import type { BusOptions } from './bus-options.js';
import { NatsMessageClient } from './nats-message.client.js';
import { NatsServer, natsServer } from './nats.server.js';

@Module({ controllers: [EchoController] })
class EchoModule {}

const options = (servers: string, more: Partial<BusOptions> = {}): BusOptions => ({
  servers,
  service: 'spec-echo',
  logger: silentLogger,
  ...more,
});

const serve = async (servers: string): Promise<INestMicroservice> => {
  const app = await NestFactory.createMicroservice(EchoModule, { ...natsServer(options(servers)), logger: false });
  await app.listen();
  return app;
};

describe('over NATS', () => {
  const client = new NatsMessageClient(options(natsUrl()));
  let replicas: INestMicroservice[];

  beforeAll(async () => {
    replicas = await Promise.all([serve(natsUrl()), serve(natsUrl())]);
  });

  afterAll(async () => {
    await client.close();
    for (const app of replicas ?? []) await app.close();
  });

  itCarriesMessages(() => client);

  it('tells an announcement to every replica, and asks a question of one', async () => {
    const epoch = Math.floor(Math.random() * 1e9);
    client.announce(beat, { epoch });
    await eventually(() => heardEpochs.filter((heard) => heard === epoch).length === 2);
  });

  it('answers from inboxes of its own service only', async () => {
    const link = await client.connect();
    const inboxes: string[] = [];
    const callback = (_: unknown, message: Msg) => void inboxes.push(message.reply ?? '');
    for (const subject of [echo.subject, `${echo.subject}.*`]) link.connection.subscribe(subject, { callback });
    await link.connection.flush();
    await client.ask(echo, { text: 'a' });
    await eventually(() => inboxes.length > 0);
    expect(inboxes[0]).toMatch(/^_INBOX\.spec-echo\./);
  });

  it('carries a manifest of 4 MiB, and says so when a message is too large for the bus, both ways', async () => {
    const text = 'x'.repeat(5 * 1024 * 1024);
    expect((await client.ask(echo, { text })).length).toBe(text.length);
    await expect(client.ask(echo, { text: text + text })).rejects.toBeInstanceOf(MessageTooLarge);
    await expect(client.ask(echo, { text: 'a', mood: 'huge' })).rejects.toBeInstanceOf(MessageTooLarge);
  });

  it('leaves no question behind that reached its answerer as it stopped', async () => {
    for (let round = 0; round < 5; round++) {
      const stopping = await serve(natsUrl());
      const answers: Promise<unknown>[] = [];
      let asking = true;
      const asks = (async () => {
        while (asking) {
          for (let i = 0; i < 50; i++) answers.push(client.ask(echo, { text: 'a' }));
          await new Promise(setImmediate);
        }
      })();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await stopping.close();
      asking = false;
      await asks;
      const ended = await Promise.allSettled(answers);
      expect(ended.filter(({ status }) => status === 'rejected')).toEqual([]);
    }
  });

  it('lets a question under way finish when its answerer stops', async () => {
    const [first] = replicas.splice(0, 1);
    const answers = Array.from({ length: 20 }, () => client.ask(echo, { text: 'a', mood: 'slow' }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await first!.close();
    expect(await Promise.all(answers)).toHaveLength(20);
  });
});

describe('when a replica stalls while another works', () => {
  let app: INestMicroservice;
  let stalled: BusLink;
  const client = new NatsMessageClient(options(natsUrl()));
  /** What the stalled replica got and did not look at. */
  let unread: Msg[];

  beforeAll(async () => {
    app = await serve(natsUrl());
    stalled = await BusLink.open(options(natsUrl()));
    const callback = (_: unknown, message: Msg) => void unread.push(message);
    stalled.connection.subscribe(echo.subject, { queue: 'spec-echo', callback });
    await stalled.connection.flush();
  });
  beforeEach(() => void (unread = []));
  afterAll(async () => {
    await client.close();
    await stalled?.close();
    await app?.close();
  });

  it('and one whose second answer would be another is asked once', async () => {
    const asked = Array.from({ length: 16 }, () =>
      client.ask(echo, { text: 'a' }, { deadlineMs: 300 }).catch(() => null),
    );
    const answers = await Promise.all(asked);
    expect(unread.length).toBe(answers.filter((answer) => answer === null).length);
  });

  it.each([echoFreely, echoFenced])('questions that may be asked again ($again) are answered', async (question) => {
    const asker = new NatsMessageClient(options(natsUrl()));
    const ask = (text: string) => asker.ask(question, { text }, { deadlineMs: 1_000 }).catch((error: unknown) => error);
    await Promise.all(Array.from({ length: 16 }, (_, i) => ask(`first ${i}`)));
    expect(unread.length).toBeGreaterThan(0);
    // From now on it asks by name who answers, and the stalled one only to see whether it works again, which costs no answer.
    unread = [];
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => ask(String(i))));
    expect(answers.filter((answer) => answer instanceof Error)).toEqual([]);
    expect(unread.length).toBeLessThan(10);
    await asker.close();
  });

  it('what it wakes up to has no effect any more when its asker has given up', async () => {
    const heard = new Set<string>();
    const late = new NatsServer(options(natsUrl()));
    late.addHandler(echo.subject, async ({ text }: { text: string }) => void heard.add(text));
    const asked = (deadlineMs: number, text: string) => {
      const asker = new NatsMessageClient(options(natsUrl()));
      return asker
        .ask(echo, { text }, { deadlineMs })
        .catch(() => null)
        .finally(() => asker.close());
    };
    await Promise.all(Array.from({ length: 16 }, (_, i) => asked(50, `given up ${i}`)));
    const waiting = Array.from({ length: 16 }, (_, i) => asked(2_000, `still asked ${i}`));
    await eventually(() => unread.some((message) => message.string().includes('still asked')));
    for (const message of unread) await late.handleMessage(echo.subject, message);
    expect(heard.size).toBeGreaterThan(0);
    expect([...heard].filter((text) => text.startsWith('given up'))).toEqual([]);
    await Promise.all(waiting);
  });
});

describe('when NATS goes away', () => {
  const proxy = new CutProxy(natsTarget());
  let app: INestMicroservice;
  let client: NatsMessageClient;

  beforeEach(async () => {
    await proxy.up();
    app = await serve(`nats://127.0.0.1:${proxy.port}`);
    client = new NatsMessageClient(options(`nats://127.0.0.1:${proxy.port}`));
    await client.connect();
  });

  afterEach(async () => {
    await client.close();
    await app.close();
    await proxy.down();
  });

  it('gives up what is under way at once, answers unavailable soon, and is back by itself, both sides', async () => {
    const underWay = client.ask(echo, { text: 'a', mood: 'slow' }, { deadlineMs: 10_000 }).catch((e: unknown) => e);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await proxy.down();
    expect(await underWay).toMatchObject({ name: 'BusUnavailable', reason: 'disconnected' });
    const started = Date.now();
    await expect(client.ask(echo, { text: 'a' })).rejects.toMatchObject({ name: 'BusUnavailable', retryable: true });
    // Long before the question's own deadline of five seconds.
    expect(Date.now() - started).toBeLessThan(4_500);
    await proxy.up();
    await eventually(() =>
      client.ask(echo, { text: 'back' }, { deadlineMs: 500 }).then(
        (answer) => answer.text === 'back',
        () => false,
      ),
    );
  });

  it('does not fail a question over a short loss of the connection', async () => {
    proxy.cut();
    await eventually(async () => !(await client.connect()).connected);
    const answer = client.ask(echo, { text: 'patience' }).catch((error: { reason: string }) => error);
    // The answerer may be a moment later than we are: then nobody answers, which is retryable too.
    const outcome = await answer;
    expect('text' in outcome ? outcome.text : outcome.reason).toMatch(/^(patience|no-responders)$/);
  });
});

describe('BusLink.open', () => {
  it('waits for a server that is not up yet, and no longer than it may', async () => {
    const late = new CutProxy(natsTarget());
    await late.up();
    await late.down();
    const servers = `nats://127.0.0.1:${late.port}`;
    await expect(BusLink.open(options(servers, { connectWithinMs: 50 }))).rejects.toMatchObject({
      name: 'BusUnavailable',
      reason: 'disconnected',
    });
    const opening = BusLink.open(options(servers));
    await late.up();
    await (await opening).close();
    await late.down();
  });

  it('is what Nest’s transport connects with', async () => {
    const server = new NatsServer(options(natsUrl()));
    const connection = await server.createNatsClient();
    expect(connection.info?.max_payload).toBeGreaterThanOrEqual(8 * 1024 * 1024);
    await connection.close();
  });
});
