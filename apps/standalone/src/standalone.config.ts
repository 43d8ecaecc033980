import { type Secret, Setting } from '@entrepot/platform-config';
import type { LogLevel } from '@entrepot/platform-observability';
import { ListenerConfig } from '@entrepot/platform-service';

/** Settings of `npm start` and `npm run start:services`. */
export class StandaloneConfig extends ListenerConfig {
  @Setting({
    env: 'ENTREPOT_HOST',
    kind: 'string',
    default: '127.0.0.1',
    help: 'Address to listen on.',
    edge: 'Beyond loopback HTTPS is needed, or a trusted proxy, or ENTREPOT_ALLOW_PLAIN_HTTP.',
  })
  host!: string;

  @Setting({
    env: 'ENTREPOT_PORT',
    kind: 'integer',
    default: 5000,
    min: 0,
    max: 65_535,
    help: 'The one port.',
    edge: '0 takes any free one.',
  })
  port!: number;

  @Setting({
    env: 'ENTREPOT_DATA_DIR',
    kind: 'path',
    default: '.entrepot',
    help: 'Where everything is kept: database, bytes, events, secrets.',
  })
  dataDirectory!: string;

  @Setting({
    env: 'ENTREPOT_ROOT_ACCESS_KEY',
    kind: 'string',
    optional: true,
    min: 3,
    max: 128,
    help: 'Id of the root access key.',
    edge: 'Unset: made at the first start, in secrets/root-access-key below the data directory.',
  })
  rootAccessKey?: string;

  @Setting({
    env: 'ENTREPOT_ROOT_SECRET_KEY',
    kind: 'secret',
    optional: true,
    min: 8,
    max: 512,
    help: 'Its secret.',
    edge: 'Unset: made at the first start; never printed, never logged.',
  })
  rootSecretKey?: Secret;

  @Setting({
    env: 'ENTREPOT_LOG_LEVEL',
    kind: 'string',
    default: 'warn',
    allowed: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    help: 'How much is logged. The access log is written at every level.',
  })
  logLevel!: LogLevel;

  @Setting({
    env: 'ENTREPOT_GATEWAYS',
    kind: 'integer',
    default: 1,
    min: 1,
    max: 16,
    help: 'Gateways that npm run start:services starts, the first on ENTREPOT_PORT and each further one on the next port.',
    edge: 'Put a load balancer before them; any of them takes any request. npm start has one of everything and refuses more.',
  })
  gateways!: number;

  @Setting({
    env: 'ENTREPOT_CATALOGS',
    kind: 'integer',
    default: 1,
    min: 1,
    max: 16,
    help: 'Catalogs that npm run start:services starts. They share the questions of the gateways.',
    edge: 'Each has ENTREPOT_CATALOG_POOL_SIZE and four connections to Postgres. npm start has one of everything and refuses more.',
  })
  catalogs!: number;
}
