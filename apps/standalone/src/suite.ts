import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccessClient } from '@entrepot/access';
import { FilesystemBlobStore } from '@entrepot/blob-store';
import { CatalogModule } from '@entrepot/catalog';
import { ConsoleModule } from '@entrepot/console';
import { IamAuthzModule, type IamConfig } from '@entrepot/iam-authz';
import { MetricsModule } from '@entrepot/metrics';
import type { DataDirectory } from '@entrepot/platform-embedded';
import { createHttpApp } from '@entrepot/platform-http';
import {
  type BusOptions,
  DurableConsumer,
  InProcessBus,
  InProcessMessageClient,
  InProcessServer,
} from '@entrepot/platform-messaging';
import { HealthRegistry, type Logger } from '@entrepot/platform-observability';
import { rootModule } from '@entrepot/platform-service';
import { type GatewayConfig, registryGateway } from '@entrepot/registry-gateway';
import { RetentionModule } from '@entrepot/retention';
import { ScannerOrchestratorModule } from '@entrepot/scanner-orchestrator';
import type { EmbeddedServers } from './embedded-servers.js';
import type { Listener } from './listener.js';

export interface SuiteNeeds {
  readonly data: DataDirectory;
  readonly servers: EmbeddedServers;
  readonly listener: Listener;
  readonly trustedProxies: readonly string[];
  readonly gateway: GatewayConfig;
  readonly iam: IamConfig;
  readonly logger: Logger;
}

/** Every service in this process: the same modules, handlers and contracts as in separate processes; only the broker is short-cut. */
export async function suiteOf(needs: SuiteNeeds): Promise<NestFastifyApplication> {
  const { data, servers, listener, gateway: gatewayConfig, logger } = needs;
  const bus = new InProcessBus();
  const messages = new InProcessMessageClient(bus);
  const health = new HealthRegistry();
  const blobs = await FilesystemBlobStore.open({ root: data.blobs });
  const access = new AccessClient({ messages, logger });
  const gateway = registryGateway({ config: gatewayConfig, logger, messages, access, blobs });
  const nats: BusOptions = {
    service: 'standalone',
    servers: servers.nats.server,
    user: 'standalone',
    password: servers.nats.password('standalone'),
    logger,
  };
  const close = async () => {
    await gateway.stop();
    access.stop();
  };
  const app = await createHttpApp(
    rootModule(modulesOf(needs, { messages, access, blobs, health, nats }), health, [], close),
    {
      logger,
      tls: listener.tls,
      httpsOnly: listener.httpsOnly,
      trustProxy: needs.trustedProxies,
      plain: (fastify) => gateway.plugin(fastify),
    },
  );
  app.connectMicroservice({ strategy: new InProcessServer(bus) });
  app.connectMicroservice({ strategy: new DurableConsumer({ bus: nats, service: 'standalone', logger }) });
  await app.startAllMicroservices();
  await access.start();
  gateway.start();
  return app;
}
