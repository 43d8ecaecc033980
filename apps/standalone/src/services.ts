import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SupervisedProcess, type DataDirectory, type EmbeddedNats } from '@entrepot/platform-embedded';
import type { Logger } from '@entrepot/platform-observability';
import { SERVICE_USERS, unknownSettings } from '@entrepot/platform-service';
import { type DatabaseName, DATABASES, startServers } from './embedded-servers.js';
import { isKeySetting, keySettings, withMasterKey } from './master-key.js';
import { launch } from './launch.js';
import type { RootKey } from './root-key.js';
import type { StandaloneConfig } from './standalone.config.js';
import { stopGatewayFirst } from './stop-gateway-first.js';

/** In the order of their starts: each needs only those before it to be useful. The gateway, whom clients see, comes last. */
const SERVICES = [
  'iam-authz',
  'catalog',
  'scanner-orchestrator',
  'retention',
  'metrics',
  'console',
  'registry-gateway',
] as const;

const READY_WITHIN_MS = 60_000;
/** The gateway drains for 6 s at most and closes within 1.5; then it is ended, so that all is over within ten seconds. */
const STOP = [
  { signal: 'SIGTERM', waitMs: 8_000 },
  { signal: 'SIGKILL', waitMs: 1_000 },
] as const;

// Each supervised process ends its child when this one exits.
process.setMaxListeners(32);

/** `npm run start:services`: the same suite as separate processes, each its own app, which reach each other by NATS alone. */
await launch(async ({ config, data, rootKey, logger }) => {
  const servers = await startServers(data, SERVICE_USERS, logger);
  const processes: SupervisedProcess[] = [];
  const stop = async () => {
    await stopGatewayFirst(processes);
    await servers.stop();
  };
  try {
    const [gateway, ...others] = [...SERVICES].reverse();
    const environments = environmentsOf(config, data, rootKey, servers.nats, servers.databaseUrls);
    const started = async (service: (typeof SERVICES)[number]) => {
      const supervised = superviseService(service, environments(service), logger);
      processes.push(supervised.process);
      await supervised.process.start();
      return supervised.port();
    };
    await Promise.all(others.map(started));
    return { port: await started(gateway as (typeof SERVICES)[number]), stop };
  } catch (error) {
    await stop();
    throw error;
  }
});

function superviseService(service: string, env: NodeJS.ProcessEnv, logger: Logger) {
  let port: number | null = null;
  const program = fileURLToPath(new URL(`../../${service}/dist/main.js`, import.meta.url));
  const supervised = new SupervisedProcess({
    name: service,
    logger,
    // The channel tells readiness, and ends the service when this process is killed.
    spawn: () => {
      port = null;
      const child = fork(program, { env, detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      child.on('message', (message: { port?: number }) => (port = message.port ?? null));
      return child;
    },
    isReady: async () => port !== null,
    readyWithinMs: READY_WITHIN_MS,
    stopSteps: STOP,
  });
  return { process: supervised, port: () => port as number | null as number };
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
      ENTREPOT_HTTP_PORT: String(config.port),
    },
  };
  return (service: (typeof SERVICES)[number]): NodeJS.ProcessEnv => ({
    ...shared(service === 'registry-gateway'),
    ENTREPOT_LOG_LEVEL: config.logLevel,
    ENTREPOT_NATS_URL: nats.server,
    ENTREPOT_NATS_USER: service,
    ENTREPOT_NATS_PASSWORD: nats.password(service),
    ...(isDatabase(service) ? { ENTREPOT_DATABASE_URL: databaseUrls[service] } : {}),
    ...secrets[service],
  });
}

/** The environment without what concerns only this launcher or another service, or nobody; only the gateway listens for clients. */
function shared(listens: boolean): NodeJS.ProcessEnv {
  const own = /^ENTREPOT_(ROOT_|DATA_DIR|HOST|PORT)/;
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
