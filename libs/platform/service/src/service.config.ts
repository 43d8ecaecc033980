import { type Secret, Setting } from '@entrepot/platform-config';
import type { LogLevel } from '@entrepot/platform-observability';
import { ListenerConfig } from './listener.config.js';

/** What every service needs that runs as a process of its own. `standalone` makes these itself. */
export class ServiceConfig extends ListenerConfig {
  @Setting({
    env: 'ENTREPOT_NATS_URL',
    kind: 'string',
    help: 'Address of NATS, for example nats://nats:4222. Several servers are separated by commas.',
  })
  natsUrl!: string;

  @Setting({
    env: 'ENTREPOT_NATS_USER',
    kind: 'string',
    default: undefined,
    help: 'User of this service on NATS; its allowed subjects are in deploy/nats.',
  })
  natsUser!: string | undefined;

  @Setting({ env: 'ENTREPOT_NATS_PASSWORD', kind: 'secret', default: undefined, help: 'Password of that user.' })
  natsPassword!: Secret | undefined;

  @Setting({
    env: 'ENTREPOT_NATS_TLS',
    kind: 'boolean',
    default: false,
    help: 'Speak TLS with NATS.',
    edge: 'Off, and NATS beyond loopback: refused, unless ENTREPOT_ALLOW_PLAIN_NATS.',
  })
  natsTls!: boolean;

  @Setting({
    env: 'ENTREPOT_ALLOW_PLAIN_NATS',
    kind: 'boolean',
    default: false,
    help: 'Speak with NATS in the clear beyond loopback. Passwords and manifests then travel in the clear.',
  })
  allowPlainNats!: boolean;

  @Setting({
    env: 'ENTREPOT_HTTP_HOST',
    kind: 'string',
    default: '127.0.0.1',
    help: 'Address that this process listens on.',
  })
  httpHost!: string;

  @Setting({
    env: 'ENTREPOT_HTTP_PORT',
    kind: 'integer',
    default: 0,
    min: 0,
    max: 65_535,
    help: 'Port that this process listens on.',
    edge: '0 takes any free one.',
  })
  httpPort!: number;

  @Setting({
    env: 'ENTREPOT_LOG_LEVEL',
    kind: 'string',
    default: 'info',
    allowed: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    help: 'How much is logged. The access log is written at every level.',
  })
  logLevel!: LogLevel;
}
