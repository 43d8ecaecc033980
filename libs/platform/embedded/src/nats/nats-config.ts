import type { NatsUser, SubjectRule } from './nats-user.js';

/** Manifests of 4 MiB in base64 or in a batch, and room for what stands around them. */
export const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;

export interface NatsConfig {
  readonly port: number;
  readonly monitorPort: number | null;
  readonly streamDirectory: string;
  readonly pidFile: string;
  /** The user that a connection without credentials is, or null for none. */
  readonly anonymous: string | null;
  readonly users: readonly (NatsUser & { readonly password: string })[];
}

/**
 * The configuration file's text. NATS's format is a superset of JSON, which needs no quoting rules of our own. Nothing here needs more
 * than nats-server 2.9. https://docs.nats.io/running-a-nats-service/configuration
 */
export function natsConfig(config: NatsConfig): string {
  return `${JSON.stringify(
    {
      server_name: 'entrepot',
      host: '127.0.0.1',
      port: config.port,
      ...(config.monitorPort === null ? {} : { http: `127.0.0.1:${config.monitorPort}` }),
      pid_file: config.pidFile,
      max_payload: MAX_PAYLOAD_BYTES,
      // A slow reader is cut off when this much waits for it; it must hold several of the largest messages.
      max_pending: 16 * MAX_PAYLOAD_BYTES,
      // A replica that stalls is let go after six to eight seconds, and gets no more of the questions that it shares with others.
      ping_interval: '2s',
      ping_max: 2,
      jetstream: {
        store_dir: config.streamDirectory,
        max_memory_store: 64 * 1024 * 1024,
        max_file_store: 16 * 1024 * 1024 * 1024,
      },
      ...(config.anonymous === null ? {} : { no_auth_user: config.anonymous }),
      authorization: { timeout: 5, users: config.users.map(userEntry) },
    },
    null,
    2,
  )}\n`;
}

function userEntry(user: NatsUser & { readonly password: string }): object {
  return {
    user: user.name,
    password: user.password,
    permissions: {
      publish: subjects(user.publish),
      subscribe: subjects(user.subscribe),
      ...(user.allowResponses ? { allow_responses: { max: 1, expires: '1m' } } : {}),
    },
  };
}

function subjects({ allow, deny = [] }: SubjectRule): object {
  // An empty allow-list means "anything" to nats-server, and "nothing" to us.
  return allow.length === 0 ? { deny: ['>'] } : { allow, ...(deny.length === 0 ? {} : { deny }) };
}
