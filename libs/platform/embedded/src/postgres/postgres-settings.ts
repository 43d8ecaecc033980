/**
 * How the embedded Postgres runs: for a laptop that also does other work. Durability is never traded for speed, so the three settings
 * that would allow it are stated, not merely left alone.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  shared_buffers: '256MB',
  // Six services with pools of 16, their listeners and migrations, and someone's own tools.
  max_connections: '200',
  random_page_cost: '1.1',
  effective_io_concurrency: '64',
  jit: 'off',
  wal_compression: 'on',
  max_wal_size: '2GB',
  plan_cache_mode: 'auto',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // The process that starts Postgres names each line's time itself.
  log_line_prefix: '',
  log_checkpoints: 'off',
  // A statement may carry a value that must not be logged: the error alone is enough here, the caller knows its statement.
  log_min_error_statement: 'panic',
  log_parameter_max_length_on_error: '0',
  cluster_name: 'entrepot',
};

/** Where the server listens. */
export interface PostgresListener {
  readonly socketDirectory: string;
  /** Loopback TCP port besides the socket, or null for none. */
  readonly port: number | null;
}

/** The words after `postgres`: the settings in force, whatever a `postgresql.conf` in the cluster says. */
export function postgresArguments(dataPath: string, listener: PostgresListener): string[] {
  const settings = {
    ...SETTINGS,
    listen_addresses: listener.port === null ? '' : '127.0.0.1',
    port: String(listener.port ?? SOCKET_PORT),
    unix_socket_directories: listener.socketDirectory,
    unix_socket_permissions: '0700',
  };
  return ['-D', dataPath, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** The number in a Unix socket's file name when no port is asked for; each cluster has its own folder, so it needs no choosing. */
export const SOCKET_PORT = 5432;
