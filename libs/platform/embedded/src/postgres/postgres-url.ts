/** What a connection needs; `host` is a folder for a Unix socket. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * A connection URL as libpq and `pg` read it: a Unix socket's folder stands percent-encoded where the host name would.
 * https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export function postgresUrl(address: PostgresAddress, role: string, password: string, database: string): string {
  const [user, secret, host, name] = [role, password, address.host, database].map(encodeURIComponent);
  return `postgres://${user}:${secret}@${host}:${address.port}/${name}`;
}
