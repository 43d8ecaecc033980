import { EventEmitter } from 'node:events';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadConfigs } from '@entrepot/platform-config';
import { IamConfig } from '@entrepot/iam-authz';
import { CatalogConfig } from '@entrepot/catalog';
import { ConsoleConfig } from '@entrepot/console';
import { MetricsConfig } from '@entrepot/metrics';
import { RetentionConfig } from '@entrepot/retention';
import { ScannerConfig } from '@entrepot/scanner-orchestrator';
import { StartRefusedError } from '@entrepot/platform-embedded';
import { runApp, type RunningApp } from '@entrepot/platform-http';
import { flushLogs } from '@entrepot/platform-observability';
import { DRAIN_SECONDS, EncryptionConfig, STANDALONE_USER, StorageConfig } from '@entrepot/platform-service';
import { GatewayConfig } from '@entrepot/registry-gateway';
import { type EmbeddedServers, startServers } from './embedded-servers.js';
import { launch, type LaunchContext } from './launch.js';
import { withMasterKey } from './master-key.js';
import { suiteOf } from './suite.js';

/** `npm start`: every service in this process, with the Postgres and the nats-server that it starts. */
await launch(async (context) => {
  const { data, rootKey, logger, listener, config } = context;
  if (config.gateways > 1 || config.catalogs > 1) {
    throw new StartRefusedError(
      'npm start has one of everything in one process: several gateways or catalogs are for npm run start:services.',
    );
  }
  const servers = await startServers(data, [STANDALONE_USER], logger);
  const configs = loadConfigs(
    {
      gateway: GatewayConfig,
      iam: IamConfig,
      catalog: CatalogConfig,
      scanner: ScannerConfig,
      retention: RetentionConfig,
      metrics: MetricsConfig,
      console: ConsoleConfig,
      encryption: EncryptionConfig,
      storage: StorageConfig,
    },
    {
      ...withMasterKey(process.env, data),
      ENTREPOT_IAM_PEPPER: data.secret('iam-pepper'),
      ENTREPOT_ROOT_ACCESS_KEY: rootKey.accessKey,
      ENTREPOT_ROOT_SECRET_KEY: rootKey.secretKey,
      ENTREPOT_BLOB_DIR: data.blobs,
      ENTREPOT_DATABASE_URL: servers.databaseUrls.catalog,
    },
  );
  try {
    const app = await suiteOf({
      ...configs,
      servers,
      listener,
      trustedProxies: context.config.trustedProxies,
      logger,
    });
    const running = await listen(app, context, servers);
    return {
      ports: [running.port],
      stop: async () => {
        await running.stop();
        await servers.stop();
      },
    };
  } catch (error) {
    await servers.stop();
    throw error;
  }
});

/** The servers outlive the application: signals are the launcher's, and a port in use ends them too. */
function listen(
  app: NestFastifyApplication,
  { config, logger }: LaunchContext,
  servers: EmbeddedServers,
): Promise<RunningApp> {
  return runApp(app, {
    host: config.host,
    port: config.port,
    logger,
    drainSeconds: DRAIN_SECONDS,
    process: {
      signals: new EventEmitter(),
      print: (line) => process.stderr.write(`${line}\n`),
      exit: (code) => {
        void servers.stop().finally(() => {
          flushLogs();
          process.exit(code);
        });
      },
    },
  });
}
