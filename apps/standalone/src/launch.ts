import { ConfigInvalid, describeSettings, exitOnInvalid, formatHelp } from '@entrepot/platform-config';
import { DataDirectory, followParent, StartRefusedError } from '@entrepot/platform-embedded';
import { createLogger, flushLogs, type Logger } from '@entrepot/platform-observability';
import {
  EncryptionConfig,
  type Listener,
  listenerOf,
  StorageConfig,
  warnOfUnknownSettings,
} from '@entrepot/platform-service';
import { EncryptionRefused } from '@entrepot/key-management';
import { StorageRefused } from '@entrepot/blob-store';
import { CatalogConfig } from '@entrepot/catalog';
import { GatewayConfig } from '@entrepot/registry-gateway';
import { requirePort } from './require-port.js';
import { rootKeyOf, type RootKey } from './root-key.js';
import { settingsOf } from './settings.js';
import { StandaloneConfig } from './standalone.config.js';
import { welcomeText } from './welcome.js';

export interface LaunchContext {
  readonly config: StandaloneConfig;
  readonly listener: Listener;
  readonly data: DataDirectory;
  readonly rootKey: RootKey;
  readonly logger: Logger;
}

/** What was started, and how to end it. */
export interface Launched {
  /** Where clients are served: one port, or one for each gateway. */
  readonly ports: readonly number[];
  stop(): Promise<void>;
}

/**
 * What both compositions have in common: settings or `--help`, the data directory, the root key, then `start`, the lines to paste, and an
 * orderly end. Whatever keeps it from starting is told in one sentence.
 */
export async function launch(start: (context: LaunchContext) => Promise<Launched>): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${formatHelp(ownSettings())}\n`);
    return;
  }
  warnOfUnknownSettings();
  const config = exitOnInvalid(() => settingsOf());
  const logger = createLogger({ level: config.logLevel, service: 'entrepot' });
  try {
    await serve(config, logger, start);
  } catch (error) {
    refuse(error, logger);
  }
}

/** Without the addresses of what is made here: the Postgres's, and the directory of blobs. */
function ownSettings() {
  return describeSettings(StandaloneConfig, GatewayConfig, CatalogConfig, StorageConfig, EncryptionConfig).filter(
    ({ env }) => !['ENTREPOT_DATABASE_URL', 'ENTREPOT_BLOB_DIR'].includes(env),
  );
}

async function serve(
  config: StandaloneConfig,
  logger: Logger,
  start: (context: LaunchContext) => Promise<Launched>,
): Promise<void> {
  let stop = (): Promise<void> => Promise.resolve();
  // From the beginning: who ends us while we start must not leave a Postgres behind.
  endOnSignals(() => stop());
  followParent();
  const listener = listenerOf(config.host, config);
  const data = DataDirectory.lock(config.dataDirectory);
  await requirePort(config);
  const rootKey = rootKeyOf(config, data);
  const launched = await start({ config, listener, data, rootKey, logger });
  stop = async () => {
    await launched.stop();
    data.unlock();
  };
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host;
  const origin = `${listener.scheme}://${host.includes(':') ? `[${host}]` : host}`;
  process.stdout.write(
    welcomeText({
      urls: launched.ports.map((port) => `${origin}:${port}`),
      accessKey: rootKey.accessKey,
      secretFile: data.secretPath('root-secret-key'),
    }),
  );
}

/** One wish to end may reach us several times at once: from the terminal's process group, from npm, and from `npm start`. */
const SAME_WISH_MS = 1_000;

/** The first signal ends everything in order, within ten seconds; another, a while later, at once. */
function endOnSignals(stop: () => Promise<void>): void {
  let askedAt: number | null = null;
  const end = () => {
    if (askedAt !== null) {
      if (Date.now() - askedAt > SAME_WISH_MS) process.exit(1);
      return;
    }
    askedAt = Date.now();
    void stop().finally(() => {
      flushLogs();
      process.exit(0);
    });
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

function refuse(error: unknown, logger: Logger): void {
  if ([ConfigInvalid, StartRefusedError, EncryptionRefused, StorageRefused].some((kind) => error instanceof kind))
    process.stderr.write(`${(error as Error).message}\n`);
  else {
    logger.fatal({ err: error }, 'Entrepot does not start');
    process.stderr.write(`Entrepot does not start: ${error instanceof Error ? error.message : String(error)}\n`);
  }
  flushLogs();
  process.exit(1);
}
