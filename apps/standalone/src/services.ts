import type { DataDirectory, EmbeddedNats } from '@entrepot/platform-embedded';
import { SERVICE_USERS, unknownSettings } from '@entrepot/platform-service';
import { type DatabaseName, DATABASES, startServers } from './embedded-servers.js';
import { isKeySetting, keySettings, withMasterKey } from './master-key.js';
import { launch, type LaunchContext } from './launch.js';
import type { RootKey } from './root-key.js';
import type { StandaloneConfig } from './standalone.config.js';
import { requirePort } from './require-port.js';
import { stopGatewaysFirst } from './stop-gateways-first.js';
import { type Service, superviseService, type SupervisedService } from './supervise-service.js';

/** Those of which there is one, whatever the settings say. */
const SINGLE: readonly Service[] = ['iam-authz', 'scanner-orchestrator', 'retention', 'metrics', 'console'];

// Each supervised process ends its child when this one exits.
process.setMaxListeners(64);

/** `npm run start:services`: the same suite as separate processes, each its own app, which reach each other by NATS alone. */
await launch(async (context) => {
  const { config, data, rootKey, logger } = context;
  await requirePorts(config);
  const servers = await startServers(data, SERVICE_USERS, logger);
  const environments = environmentsOf(config, data, rootKey, servers.nats, servers.databaseUrls);
  const { gateways, others } = processesOf(context, environments);
  const stop = async () => {
    await stopGatewaysFirst(gateways, others);
    await servers.stop();
  };
  try {
    await Promise.all(others.map((service) => service.start()));
    // Whom clients see comes last: the others are what it needs to be useful.
    const ports = await Promise.all(gateways.map((gateway) => gateway.start()));
    return { ports, stop };
  } catch (error) {
    await stop();
    throw error;
  }
});

/** The first one has been looked at already. */
async function requirePorts({ host, port, gateways }: StandaloneConfig): Promise<void> {
  for (let at = 1; port > 0 && at < gateways; at++) await requirePort({ host, port: port + at });
}

function processesOf(
  { config, logger }: LaunchContext,
  environment: (service: Service, port?: number) => NodeJS.ProcessEnv,
): { gateways: SupervisedService[]; others: SupervisedService[] } {
  const several = (service: Service, count: number, firstPort = 0) =>
    Array.from({ length: count }, (_, at) => {
      const name = at === 0 ? service : `${service} ${at + 1}`;
      return superviseService(
        { service, name },
        (had) => environment(service, firstPort ? firstPort + at : (had ?? 0)),
        logger,
      );
    });
  return {
    gateways: several('registry-gateway', config.gateways, config.port),
    others: [...SINGLE.flatMap((service) => several(service, 1)), ...several('catalog', config.catalogs)],
  };
}

/** Each service gets its own credentials and nothing of the others'. */
function environmentsOf(
  config: StandaloneConfig,
  data: DataDirectory,
  rootKey: RootKey,
  nats: EmbeddedNats,
  databaseUrls: Readonly<Record<DatabaseName, string>>,
) {
  const masterKeys = withMasterKey(process.env, data);
  const secrets: Record<string, NodeJS.ProcessEnv> = {
    'iam-authz': {
      ENTREPOT_IAM_PEPPER: data.secret('iam-pepper'),
      ENTREPOT_ROOT_ACCESS_KEY: rootKey.accessKey,
      ENTREPOT_ROOT_SECRET_KEY: rootKey.secretKey,
    },
    catalog: { ENTREPOT_BLOB_DIR: data.blobs, ...keySettings(masterKeys, 'catalog') },
    'registry-gateway': {
      ...keySettings(masterKeys, 'registry-gateway'),
      ENTREPOT_BLOB_DIR: data.blobs,
      ENTREPOT_HTTP_HOST: config.host,
    },
  };
  return (service: Service, port = 0): NodeJS.ProcessEnv => ({
    ...shared(service === 'registry-gateway'),
    ENTREPOT_LOG_LEVEL: config.logLevel,
    ENTREPOT_NATS_URL: nats.server,
    ENTREPOT_NATS_USER: service,
    ENTREPOT_NATS_PASSWORD: nats.password(service),
    ...(isDatabase(service) ? { ENTREPOT_DATABASE_URL: databaseUrls[service] } : {}),
    ...secrets[service],
    ...(service === 'registry-gateway' ? { ENTREPOT_HTTP_PORT: String(port) } : {}),
  });
}

/** The environment without what concerns only this launcher or another service, or nobody; only the gateway listens for clients. */
function shared(listens: boolean): NodeJS.ProcessEnv {
  const own = /^ENTREPOT_(ROOT_|DATA_DIR|HOST|PORT|GATEWAYS|CATALOGS)/;
  const listener = /^ENTREPOT_(TLS_|ALLOW_PLAIN_HTTP)/;
  // They were told of once, at our own start.
  const unknown = new Set(unknownSettings(process.env));
  const kept = Object.entries(process.env).filter(
    ([name]) => !own.test(name) && !isKeySetting(name) && !unknown.has(name) && (listens || !listener.test(name)),
  );
  return Object.fromEntries(kept);
}

function isDatabase(service: string): service is DatabaseName {
  return (DATABASES as readonly string[]).includes(service);
}
