import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccessClient, hostConfig } from '@entrepot/access';
import { type BlobStore, canPresign, openBlobStore, sealByKeys, SealedBlobStore } from '@entrepot/blob-store';
import { type CatalogConfig, CatalogModule, encryptionOptions } from '@entrepot/catalog';
import { type ConsoleConfig, ConsoleModule } from '@entrepot/console';
import { IamAuthzModule, type IamConfig, iamSchema } from '@entrepot/iam-authz';
import { CatalogRegistryKeys, gatewayKeyWatch, type MasterKeys, openMasterKeys } from '@entrepot/key-management';
import { type MetricsConfig, MetricsModule } from '@entrepot/metrics';
import { createHttpApp } from '@entrepot/platform-http';
import {
  BusLink,
  type BusOptions,
  DurableConsumer,
  InProcessBus,
  InProcessMessageClient,
  InProcessServer,
  OutboxRelay,
} from '@entrepot/platform-messaging';
import { AccessLog, HealthRegistry, type Logger, MetricsRegistry } from '@entrepot/platform-observability';
import { Database } from '@entrepot/platform-persistence';
import { type EncryptionConfig, type Listener, rootModule, type StorageConfig } from '@entrepot/platform-service';
import { type GatewayConfig, registryGateway } from '@entrepot/registry-gateway';
import { type RetentionConfig, RetentionModule } from '@entrepot/retention';
import { type ScannerConfig, ScannerOrchestratorModule } from '@entrepot/scanner-orchestrator';
import type { EmbeddedServers } from './embedded-servers.js';

export interface SuiteNeeds {
  readonly servers: EmbeddedServers;
  readonly listener: Listener;
  readonly trustedProxies: readonly string[];
  readonly gateway: GatewayConfig;
  readonly iam: IamConfig;
  readonly catalog: CatalogConfig;
  readonly scanner: ScannerConfig;
  readonly retention: RetentionConfig;
  readonly metrics: MetricsConfig;
  readonly console: ConsoleConfig;
  readonly encryption: EncryptionConfig;
  readonly storage: StorageConfig;
  readonly logger: Logger;
}

/** What the services of one process share. */
interface Shared {
  readonly messages: InProcessMessageClient;
  readonly access: AccessClient;
  readonly blobs: BlobStore;
  readonly masterKeys: MasterKeys | null;
  readonly nats: BusOptions;
  readonly iamDatabase: Database;
  readonly health: HealthRegistry;
}

/** Every service in this process: the same modules, handlers and contracts as in separate processes; only the broker is short-cut. */
export async function suiteOf(needs: SuiteNeeds): Promise<NestFastifyApplication> {
  const { servers, listener, logger } = needs;
  const bus = new InProcessBus();
  const messages = new InProcessMessageClient(bus);
  const health = new HealthRegistry();
  const masterKeys = openMasterKeys(needs.encryption);
  const keys = new CatalogRegistryKeys({ messages, masterKeys });
  const intervalSeconds = needs.encryption.keyCheckSeconds;
  const keyWatch = gatewayKeyWatch({ messages, masterKeys, keys, logger, intervalSeconds });
  const store = await openBlobStore(needs.storage.place);
  const handedOut = needs.gateway.directDownloads.length > 0 && canPresign(store);
  const blobs = SealedBlobStore.around({ store, seal: sealByKeys(keys, { handedOut }), keys });
  const access = new AccessClient({ messages, logger });
  const gateway = registryGateway({ config: needs.gateway, logger, messages, access, blobs });
  const nats = busOf(servers, logger);
  const link = await BusLink.open(nats);
  const iamDatabase = await Database.open({
    ...iamSchema,
    url: servers.databaseUrls['iam-authz'],
    logger,
    poolSize: 8,
  });
  await iamDatabase.migrate();
  const relay = new OutboxRelay({ database: iamDatabase, link, logger });
  watch(health, iamDatabase, link, blobs);
  const close = async () => {
    access.stop();
    await keyWatch.stop();
    await relay.stop();
    await link.close();
    await iamDatabase.close();
  };
  const modules = modulesOf(needs, { messages, access, blobs, masterKeys, nats, iamDatabase, health });
  const app = await createHttpApp(
    rootModule(modules, health, [], close, () => gateway.stop()),
    {
      logger,
      accessLog: new AccessLog(logger),
      tls: listener.tls,
      httpsOnly: listener.httpsOnly,
      trustProxy: needs.trustedProxies,
      plain: (fastify) => gateway.plugin(fastify),
    },
  );
  app.connectMicroservice({ strategy: new InProcessServer(bus) });
  app.connectMicroservice({ strategy: new DurableConsumer({ bus: nats, service: 'standalone', logger }) });
  await app.startAllMicroservices();
  await keyWatch.start();
  await access.start();
  gateway.start();
  relay.start();
  return app;
}

function modulesOf(needs: SuiteNeeds, shared: Shared): DynamicModule[] {
  const { messages, access, blobs, nats, iamDatabase, health } = shared;
  const encryption = encryptionOptions(needs.encryption, shared.masterKeys, needs.storage);
  const { logger, servers } = needs;
  const { databaseUrls: urls } = servers;
  const hosts = hostConfig(needs.gateway.hosts);
  return [
    IamAuthzModule.forRoot({ config: needs.iam, database: iamDatabase, messages, access, hosts, logger }),
    CatalogModule.with({ config: needs.catalog, blobStore: blobs, logger, health, relay: nats, encryption }),
    ScannerOrchestratorModule.with({
      config: needs.scanner,
      logger,
      health,
      databaseUrl: urls['scanner-orchestrator'],
    }),
    RetentionModule.with({ config: needs.retention, logger, health, databaseUrl: urls.retention }),
    ConsoleModule.with({ config: needs.console }),
    MetricsModule.with({
      config: needs.metrics,
      logger,
      health,
      databaseUrl: urls.metrics,
      messages,
      metrics: new MetricsRegistry(),
    }),
  ];
}

function busOf(servers: EmbeddedServers, logger: Logger): BusOptions {
  const user = 'standalone';
  return { service: user, servers: servers.nats.server, user, password: servers.nats.password(user), logger };
}

function watch(health: HealthRegistry, database: Database, link: BusLink, blobs: BlobStore): void {
  health.add('iam-authz-database', () => database.ping());
  health.add('blob-store', () => blobs.checkWritable());
  health.add('nats', async () => {
    if (!link.connected) throw new Error('not connected');
  });
}
