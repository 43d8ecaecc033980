import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { factSubject, type ImagePushedFact, imagePushed, type TagFact, tagCreated } from '@entrepot/contracts';
import { EnvironmentFailure } from '@entrepot/platform-observability';
import { Database, handleOnce, inboxMigration, silentLogger, uuidV7 } from '@entrepot/platform-persistence';
import { CutProxy, testDatabase, type TestDatabase } from '@entrepot/testing';
import { BusLink } from '../bus/bus-link.js';
import { eventually } from '../spec/eventually.js';
import { natsTarget, natsUrl } from '../spec/nats-url.js';
import { DurableConsumer } from './durable-consumer.js';
import { DEAD_LETTERS_PREFIX, DEAD_LETTERS_STREAM, ensureEventsStream, EVENTS_STREAM } from './event-streams.js';
import { type FactEvent, toCloudEvent } from './fact-event.js';
import { OnFact } from './on-fact.decorator.js';

/** What handlers heard of the account of this spec, over all instances. */
const heard: string[] = [];
const moods = new Map<number, 'environment' | 'bug'>();
let accountId: string;
let database: Database;

const note = (who: string, event: FactEvent<{ size?: number }>): void => {
  // Other specs use the same stream.
  if (event.accountId === accountId) heard.push(`${who}:${event.type}:${event.data.size ?? ''}`);
};

@Controller()
class ScannerController {
  @OnFact(imagePushed)
  async onPushed(event: FactEvent<ImagePushedFact>): Promise<void> {
    const mood = event.accountId === accountId ? moods.get(event.data.size) : undefined;
    if (mood === 'environment') {
      moods.delete(event.data.size);
      throw new EnvironmentFailure('the engine is away');
    }
    if (mood === 'bug') {
      note('tried', event);
      throw new TypeError('a bug');
    }
    await handleOnce(database, 'scanner', event.id, async () => note('scanner', event));
  }

  @OnFact(tagCreated)
  onTag(event: FactEvent<TagFact>): void {
    note('scanner', event as never);
  }
}

@Controller()
class MetricsController {
  @OnFact(imagePushed, { consumer: `spec-metrics-${process.pid}` })
  onPushed(event: FactEvent<ImagePushedFact>): void {
    note('metrics', event);
  }
}

@Module({ controllers: [ScannerController, MetricsController] })
class HearingModule {}

let scratch: TestDatabase;
let nats: CutProxy;
let link: BusLink;
let service: string;
let apps: INestMicroservice[] = [];

const start = async (servers = natsUrl()): Promise<INestMicroservice> => {
  const strategy = new DurableConsumer({
    bus: { servers, service: 'spec-consumer', logger: silentLogger },
    service,
    logger: silentLogger,
    ackWaitMs: 2_000,
    maxDeliveries: 3,
    retryDelayMs: () => 50,
  });
  const app = await NestFactory.createMicroservice(HearingModule, { strategy, logger: false });
  await app.listen();
  apps.push(app);
  return app;
};

const eventOf = (size: number, more: Partial<FactEvent<unknown>> = {}): FactEvent<unknown> => ({
  id: uuidV7(new Date()),
  type: 'image.pushed.v1',
  owner: 'catalog',
  accountId,
  registryId: 'r1',
  actor: 'spec',
  subject: null,
  time: new Date(),
  sequence: String(size).padStart(19, '0'),
  orderingKey: 'image-1',
  traceparent: null,
  data: { ...imagePushed.example, size },
  ...more,
});
const publish = async (event: FactEvent<unknown>): Promise<void> => {
  const fact = event.type === 'tag.created.v1' ? tagCreated : imagePushed;
  await jetstream(link.connection).publish(factSubject(fact, accountId, 'r1'), JSON.stringify(toCloudEvent(event)));
};
const scanned = (): string[] => heard.filter((entry) => entry.startsWith('scanner'));

beforeAll(async () => {
  scratch = await testDatabase();
  database = await Database.open({
    url: scratch.url,
    schema: 'scanner',
    entities: [],
    migrations: [inboxMigration('scanner')],
    logger: silentLogger,
  });
  await database.migrate();
  nats = new CutProxy(natsTarget());
  await nats.up();
  link = await BusLink.open({ servers: natsUrl(), service: 'spec-publisher', logger: silentLogger });
  await ensureEventsStream(await jetstreamManager(link.connection));
});

beforeEach(() => {
  const id = randomBytes(6).toString('hex');
  accountId = `spec-${id}`;
  service = `spec-scanner-${id}`;
  heard.length = 0;
});

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  const manager = await jetstreamManager(link.connection);
  await manager.consumers.delete(EVENTS_STREAM, service).catch(() => undefined);
});

afterAll(async () => {
  apps = [];
  const manager = await jetstreamManager(link.connection);
  await manager.consumers.delete(EVENTS_STREAM, `spec-metrics-${process.pid}`).catch(() => undefined);
  await link?.close();
  await nats?.down();
  await database?.close();
  await scratch?.drop();
});

describe('DurableConsumer', () => {
  it('feeds each consumer of the process its facts, in order within a key, across types', async () => {
    await start();
    const { registryId, registry, actor, repositoryId, repository, imageId, image } = imagePushed.example;
    const tag = { registryId, registry, actor, repositoryId, repository, imageId, image, tag: '1.0' };
    await publish(eventOf(1));
    await publish(eventOf(2, { type: 'tag.created.v1', data: { ...tag, digest: imagePushed.example.digest } }));
    await publish(eventOf(3));
    await eventually(() => heard.length === 5);
    expect(scanned()).toEqual(['scanner:image.pushed.v1:1', 'scanner:tag.created.v1:', 'scanner:image.pushed.v1:3']);
    expect(heard.filter((entry) => entry.startsWith('metrics'))).toHaveLength(2);
  });

  it('remembers its place while no replica runs, and hears nothing again that it acknowledged', async () => {
    await (await start()).close();
    await publish(eventOf(1));
    await publish(eventOf(2));
    const app = await start();
    await eventually(() => scanned().length === 2);
    await app.close();
    await start();
    await publish(eventOf(3));
    await eventually(() => scanned().length === 3);
    expect(scanned().map((entry) => entry.at(-1))).toEqual(['1', '2', '3']);
  });

  it('has the effect of an event once, although it was published twice', async () => {
    await start();
    const event = eventOf(1);
    await publish(event);
    await publish(event);
    await publish(eventOf(2));
    await eventually(() => scanned().length === 2);
    expect(scanned().map((entry) => entry.at(-1))).toEqual(['1', '2']);
  });

  it('shares the facts among its replicas', async () => {
    await start();
    await start();
    for (let i = 1; i <= 20; i++) await publish(eventOf(i, { orderingKey: `image-${i}` }));
    await eventually(() => scanned().length >= 20);
    expect(new Set(scanned()).size).toBe(20);
    expect(scanned()).toHaveLength(20);
  });

  it('tries again when the environment failed', async () => {
    await start();
    moods.set(7, 'environment');
    await publish(eventOf(7));
    await eventually(() => scanned().includes('scanner:image.pushed.v1:7'));
  });

  it('sets aside what it can not read, and what a handler fails at again and again; the rest goes on', async () => {
    await start();
    moods.set(13, 'bug');
    await publish(eventOf(13));
    await publish(eventOf(1, { orderingKey: 'unreadable', data: { nothing: 'of the kind' } }));
    await publish(eventOf(2, { orderingKey: 'other' }));
    await eventually(() => scanned().includes('scanner:image.pushed.v1:2'));
    const manager = await jetstreamManager(link.connection);
    const subject = `${DEAD_LETTERS_PREFIX}.${service}.${factSubject(imagePushed, accountId, 'r1')}`;
    await eventually(async () => {
      const info = await manager.streams.info(DEAD_LETTERS_STREAM, { subjects_filter: subject }).catch(() => undefined);
      return info?.state.subjects?.[subject] === 2;
    });
    expect(heard.filter((entry) => entry.startsWith('tried'))).toHaveLength(3);
    const letter = await manager.streams.getMessage(DEAD_LETTERS_STREAM, { last_by_subj: subject });
    expect(letter?.header.get('Entrepot-Reason')).toBe('a bug');
    moods.clear();
  });

  it('goes on by itself after NATS was away', async () => {
    await start(`nats://127.0.0.1:${nats.port}`);
    await publish(eventOf(1));
    await eventually(() => scanned().length === 1);
    await nats.down();
    await publish(eventOf(2));
    await nats.up();
    await eventually(() => scanned().length === 2, 50_000);
  }, 60_000);
});
