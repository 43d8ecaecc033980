import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type Fact,
  imageDeleted,
  imagePushed,
  manifestDeleted,
  registryDeleted,
  repositoryDeleted,
} from '@entrepot/contracts';
import { loadConfig } from '@entrepot/platform-config';
import { createHttpApp, healthModule } from '@entrepot/platform-http';
import { DurableConsumer, type FactEvent } from '@entrepot/platform-messaging';
import { createLogger, HealthRegistry } from '@entrepot/platform-observability';
import { uuidV7 } from '@entrepot/platform-persistence';
import { repositorySrn } from '@entrepot/policy';
import { accessOf, basic, keyOf, testDatabase, type TestDatabase, testNatsUrl } from '@entrepot/testing';
import { ScannerOrchestratorModule } from './scanner-orchestrator.module.js';
import { ScannerConfig } from './scanner.config.js';
import { FactStream } from './spec/fact-stream.js';

const CONSUMER = 'scanner-orchestrator';
const logger = createLogger({ level: 'silent', service: CONSUMER });
const idOf = (): string => randomBytes(16).toString('hex');
const digestOf = (n: number): string => `sha256:${String(n).padStart(64, '0')}`;

let scratch: TestDatabase;
let stream: FactStream;
let app: NestFastifyApplication;
let accountId: string;
let registryId: string;
let appsId: string;
let sequence = 0;

class Root {}

async function start(): Promise<NestFastifyApplication> {
  const health = new HealthRegistry();
  const apps = repositorySrn({ accountId, registryId, repositoryId: appsId });
  const access = accessOf({
    admin: keyOf(accountId, {}),
    checker: keyOf(accountId, { Action: ['scr:CheckTagsVulnerability'], Resource: [apps] } as never),
    other: keyOf(accountId, { Action: ['scr:ListImages'] } as never),
    stranger: keyOf('another-account', {}),
  });
  const config = loadConfig(ScannerConfig, {});
  const scanner = ScannerOrchestratorModule.with({ config, logger, databaseUrl: scratch.url, health });
  const started = await createHttpApp({ module: Root, imports: [healthModule(health), access, scanner] }, { logger });
  const bus = { servers: testNatsUrl(), service: CONSUMER, logger };
  started.connectMicroservice({
    strategy: new DurableConsumer({ bus, service: 'standalone', logger, retryDelayMs: () => 50 }),
  });
  await started.startAllMicroservices();
  await stream.consumerReady(CONSUMER);
  return started;
}

function eventOf<D>(fact: Fact<D>, data: Partial<D> = {}): FactEvent<unknown> {
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
    data: { ...fact.example, registryId, repositoryId: appsId, ...data },
  };
}

const get = (query = '', key = 'admin') =>
  app.inject({
    method: 'GET',
    url: `/api/v1/registries/${registryId}/scans${query}`,
    headers: { authorization: basic({ accessKey: key, secret: 'secret' }) },
  });

interface Answer {
  items: { digest: string; state: string }[];
  next: string | null;
}
const digests = async (query = '', key = 'admin'): Promise<string[]> =>
  (await get(query, key)).json<Answer>().items.map(({ digest }) => digest);

async function eventually(expected: string[]): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline && JSON.stringify(await digests()) !== JSON.stringify(expected)) await sleep(20);
  expect(await digests()).toEqual(expected);
}

beforeAll(async () => {
  scratch = await testDatabase();
  stream = await FactStream.open(testNatsUrl());
  await stream.deleteConsumer(CONSUMER);
});

beforeEach(async () => {
  accountId = `spec-${randomBytes(6).toString('hex')}`;
  registryId = idOf();
  appsId = idOf();
  app = await start();
});

afterEach(() => app?.close());

afterAll(async () => {
  await stream?.deleteConsumer(CONSUMER);
  await stream?.close();
  await scratch?.drop();
});

describe('GET /api/v1/registries/:registryId/scans', () => {
  it('shows nothing without the permission, and refuses without a key', async () => {
    await stream.publish(eventOf(imagePushed, { digest: digestOf(1) }));
    await eventually([digestOf(1)]);
    expect(await digests('', 'other')).toEqual([]);
    expect(await digests('', 'stranger')).toEqual([]);
    const url = `/api/v1/registries/${registryId}/scans`;
    expect((await app.inject({ method: 'GET', url })).statusCode).toBe(401);
  });

  it('shows only the repositories that the key may check', async () => {
    await stream.publish(
      eventOf(imagePushed, { digest: digestOf(2), imageId: 'image-2', repositoryId: idOf() }),
      eventOf(imagePushed, { digest: digestOf(1), imageId: 'image-1' }),
    );
    await eventually([digestOf(1), digestOf(2)]);
    expect(await digests('', 'checker')).toEqual([digestOf(1)]);
  });

  it('says that a pushed manifest is unscanned, and no more', async () => {
    const pushed = eventOf(imagePushed, { digest: digestOf(1) });
    await stream.publish(pushed);
    await eventually([digestOf(1)]);
    const { repository, image, mediaType, size } = imagePushed.example;
    expect((await get('?state=Unscanned')).json()).toEqual({
      items: [
        {
          ...{ repository, image, digest: digestOf(1), mediaType, artifactType: null, subject: null, size },
          state: 'Unscanned',
          pushedAt: pushed.time.toISOString(),
        },
      ],
      next: null,
    });
    expect((await get('?state=Clean')).statusCode).toBe(400);
  });

  it('pages through all of them, each once', async () => {
    const all = [1, 2, 3, 4, 5].map(digestOf);
    await stream.publish(...all.map((digest) => eventOf(imagePushed, { digest })));
    await eventually(all);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Answer = (await get(`?limit=2${cursor && `&cursor=${cursor}`}`)).json();
      seen.push(...page.items.map(({ digest }) => digest));
      cursor = page.next;
    }
    expect(seen).toEqual(all);
  });

  it.each(['?cursor=nonsense', '?cursor=WzFd', '?limit=0', '?other=1'])('refuses %s', async (query) => {
    expect((await get(query)).statusCode).toBe(400);
  });
});

describe('the facts', () => {
  it('record a push once that comes twice, and end it with its manifest, image, repository or registry', async () => {
    const pushes = [1, 2, 3, 4].map((n) => eventOf(imagePushed, { digest: digestOf(n), imageId: `image-${n}` }));
    await stream.publish(...pushes, ...pushes);
    await eventually([1, 2, 3, 4].map(digestOf));
    await stream.publish(eventOf(manifestDeleted, { imageId: 'image-1', digest: digestOf(1), tags: [] }));
    await eventually([2, 3, 4].map(digestOf));
    await stream.publish(eventOf(imageDeleted, { imageId: 'image-2' }));
    await eventually([3, 4].map(digestOf));
    await stream.publish(eventOf(imagePushed, { digest: digestOf(5), imageId: 'image-5', repositoryId: idOf() }));
    await stream.publish(eventOf(repositoryDeleted));
    await eventually([digestOf(5)]);
    await stream.publish(eventOf(registryDeleted));
    await eventually([]);
  });

  it('leave nothing behind when a deletion overtakes the push', async () => {
    const pushed = eventOf(imagePushed, { digest: digestOf(1) });
    const deleted = eventOf(manifestDeleted, { digest: digestOf(1), tags: [] });
    const again = eventOf(imagePushed, { digest: digestOf(2) });
    await stream.publish(deleted, pushed, again);
    await eventually([digestOf(2)]);
  });
});

describe('GET /readyz', () => {
  it('is ready with its database', async () => {
    expect((await app.inject({ method: 'GET', url: '/readyz' })).json()).toEqual({ ready: true, missing: [] });
  });
});
