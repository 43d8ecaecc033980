import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type Fact,
  imagePulled,
  imagePushDenied,
  imagePushed,
  loginSucceeded,
  manifestDeleted,
  repositoryCreated,
  tagDeleted,
} from '@entrepot/contracts';
import { loadConfig } from '@entrepot/platform-config';
import { createHttpApp, healthModule } from '@entrepot/platform-http';
import { DurableConsumer, type FactEvent } from '@entrepot/platform-messaging';
import { createLogger, HealthRegistry, MetricsRegistry } from '@entrepot/platform-observability';
import { uuidV7 } from '@entrepot/platform-persistence';
import { registrySrn } from '@entrepot/policy';
import { accessOf, basic, keyOf, testDatabase, type TestDatabase, testNatsUrl } from '@entrepot/testing';
import { MetricsConfig } from './metrics.config.js';
import { MetricsModule } from './metrics.module.js';
import { FactStream } from './spec/fact-stream.js';

const CONSUMER = 'metrics';
const logger = createLogger({ level: 'silent', service: 'metrics' });

let scratch: TestDatabase;
let stream: FactStream;
let app: NestFastifyApplication;
let accountId: string;
let registryId: string;
let sequence = 0;

class Root {}

async function start(): Promise<NestFastifyApplication> {
  const health = new HealthRegistry();
  const own = registrySrn({ accountId, registryId });
  const access = accessOf({
    reader: keyOf(accountId, { Action: ['scr:ShowContainerRegistry'], Resource: [own] } as never),
    other: keyOf(accountId, { Action: ['scr:ListImages'] } as never),
    stranger: keyOf('another-account', {}),
  });
  const config = loadConfig(MetricsConfig, {});
  const metrics = MetricsModule.with({
    config,
    logger,
    databaseUrl: scratch.url,
    health,
    messages: { ask: () => Promise.reject(new Error('there is no catalog')) },
    metrics: new MetricsRegistry(),
  });
  const app = await createHttpApp({ module: Root, imports: [healthModule(health), access, metrics] }, { logger });
  const bus = { servers: testNatsUrl(), service: CONSUMER, logger };
  app.connectMicroservice({
    strategy: new DurableConsumer({ bus, service: 'standalone', logger, retryDelayMs: () => 50 }),
  });
  await app.startAllMicroservices();
  await stream.consumerReady(CONSUMER);
  return app;
}

function eventOf<D>(fact: Fact<D>, data: Partial<D> = {}, more: Partial<FactEvent<D>> = {}): FactEvent<unknown> {
  return {
    id: uuidV7(new Date()),
    type: `${fact.type}.v${fact.major}`,
    owner: fact.owner,
    accountId,
    registryId,
    actor: 'EKSPEC',
    subject: null,
    time: new Date(),
    sequence: String(++sequence).padStart(19, '0'),
    orderingKey: 'image-1',
    traceparent: null,
    ...more,
    data: { ...fact.example, registryId, ...data },
  };
}

const get = (path: string, key = 'reader') =>
  app.inject({ method: 'GET', url: path, headers: { authorization: basic({ accessKey: key, secret: 'secret' }) } });
const path = (query = ''): string => `/api/v1/registries/${registryId}/metrics${query}`;

/** Counts by metric since the day before. */
async function counts(key = 'reader'): Promise<Record<string, number>> {
  const from = new Date(Date.now() - 86_400_000).toISOString();
  const { series } = (await get(path(`?from=${from}`), key)).json<{
    series: { metric: string; points: { count: number }[] }[];
  }>();
  const sums = series.map(({ metric, points }) => [metric, points.reduce((sum, { count }) => sum + count, 0)] as const);
  return Object.fromEntries(sums.filter(([, sum]) => sum > 0));
}

/** Waits until everything published before `last` was taken: facts of one key come in order. */
async function taken(last: Record<string, number>): Promise<void> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(20)) {
    const now = await counts();
    if (Object.entries(last).every(([metric, count]) => (now[metric] ?? 0) >= count)) return;
  }
  throw new Error(`not counted in time: ${JSON.stringify(await counts())}`);
}

beforeAll(async () => {
  scratch = await testDatabase();
  stream = await FactStream.open(testNatsUrl());
  await stream.deleteConsumer(CONSUMER);
});

beforeEach(() => {
  accountId = `spec-${randomBytes(6).toString('hex')}`;
  registryId = randomBytes(16).toString('hex');
});

afterAll(async () => {
  await stream?.deleteConsumer(CONSUMER);
  await stream?.close();
  await scratch?.drop();
});

async function running(test: () => Promise<void>): Promise<void> {
  app = await start();
  try {
    await test();
  } finally {
    await app.close();
  }
}

describe('GET /api/v1/registries/:registryId/metrics', () => {
  it('refuses without the permission, and without a key', () =>
    running(async () => {
      expect((await get(path(), 'other')).statusCode).toBe(403);
      expect((await get(path(), 'stranger')).json()).toMatchObject({ series: expect.anything() });
      expect((await app.inject({ method: 'GET', url: path() })).statusCode).toBe(401);
    }));

  it('counts each kind of fact, pulls and refusals by their number', () =>
    running(async () => {
      const untagged = { digest: manifestDeleted.example.digest, tags: [] };
      await stream.publish(
        eventOf(repositoryCreated),
        eventOf(imagePushed),
        eventOf(imagePushed),
        eventOf(imagePulled, { count: 12, lastAt: new Date().toISOString() }),
        eventOf(imagePushDenied, { count: 5, lastAt: new Date().toISOString() }),
        eventOf(manifestDeleted, { tags: ['1.0'] }),
        eventOf(tagDeleted),
        eventOf(manifestDeleted, untagged),
        eventOf(loginSucceeded, {}, { registryId: null }),
      );
      await taken({ 'login.count': 1 });
      const expected = {
        'repository.created.count': 1,
        'image.push.count': 2,
        'image.pull.count': 12,
        'image.denied_push.count': 5,
        'tag.deleted.count': 2,
        'login.count': 1,
      };
      expect(await counts()).toEqual(expected);
      expect(await counts('stranger')).toEqual({});
    }));

  it('counts a fact once that comes twice, also after a restart', async () => {
    const event = eventOf(imagePulled, { count: 7, lastAt: new Date().toISOString() });
    await running(async () => {
      await stream.publish(event, event, eventOf(imagePushed));
      await taken({ 'image.push.count': 1 });
      expect(await counts()).toEqual({ 'image.pull.count': 7, 'image.push.count': 1 });
    });
    await stream.publish(event, eventOf(imagePushed));
    await running(async () => {
      await taken({ 'image.push.count': 2 });
      expect(await counts()).toEqual({ 'image.pull.count': 7, 'image.push.count': 2 });
    });
  });

  it('gives a late fact to the minute in which it was true', () =>
    running(async () => {
      const at = (time: string): { time: Date } => ({ time: new Date(time) });
      await stream.publish(
        eventOf(imagePushed, {}, at('2026-11-20T10:05:10Z')),
        eventOf(imagePushed, {}, at('2026-11-20T10:01:59Z')),
        eventOf(imagePushed, {}, at('2026-11-20T10:05:50Z')),
        eventOf(tagDeleted),
      );
      await taken({ 'tag.deleted.count': 1 });
      const query = '?metric=image.push.count&from=2026-11-20T10:00:00Z&to=2026-11-20T11:00:00Z';
      expect((await get(path(query))).json()).toEqual({
        registryId,
        from: '2026-11-20T10:00:00.000Z',
        to: '2026-11-20T11:00:00.000Z',
        series: [
          {
            metric: 'image.push.count',
            title: 'Image Push Count [Allowed]',
            unit: 'Count/Minute',
            statistic: 'sum',
            points: [
              { minute: '2026-11-20T10:01:00.000Z', count: 1 },
              { minute: '2026-11-20T10:05:00.000Z', count: 2 },
            ],
          },
        ],
      });
    }));

  it.each(['?metric=nonsense', '?from=yesterday', '?from=2026-01-01T00:00:00Z', '?limit=5'])('refuses %s', (query) =>
    running(async () => {
      expect((await get(path(query))).statusCode).toBe(400);
    }),
  );
});

describe('GET /metrics', () => {
  it('shows the process and the totals by registry to Prometheus on this machine', () =>
    running(async () => {
      await stream.publish(eventOf(imagePulled, { count: 3, lastAt: new Date().toISOString() }), eventOf(imagePushed));
      await taken({ 'image.push.count': 1 });
      const { headers, body } = await app.inject({ method: 'GET', url: '/metrics' });
      expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(body).toContain(`entrepot_image_pulls_total{account_id="${accountId}",registry_id="${registryId}"} 3\n`);
      expect(body).toMatch(/^process_resident_memory_bytes \d+$/m);
      expect(body).toMatch(/^entrepot_totals_up 1$/m);
      // Every line is a comment or a sample.
      const sample = /^[a-z0-9_:]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [0-9.e+-]+$/;
      expect(
        body
          .trimEnd()
          .split('\n')
          .filter((line) => !line.startsWith('# ') && !sample.test(line)),
      ).toEqual([]);
    }));

  it('refuses whoever comes through a proxy without a token', () =>
    running(async () => {
      const response = await app.inject({
        method: 'GET',
        url: '/metrics',
        headers: { 'x-forwarded-for': '127.0.0.1' },
      });
      expect(response.statusCode).toBe(401);
      expect(response.body).not.toContain('entrepot_image');
    }));
});

describe('GET /readyz', () => {
  it('is ready with its database', () =>
    running(async () => {
      expect((await app.inject({ method: 'GET', url: '/readyz' })).json()).toEqual({ ready: true, missing: [] });
    }));
});
