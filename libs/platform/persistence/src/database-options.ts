import type { PlatformLogger } from './platform-logger.js';

/** How a service reaches its own schema. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`, or `socket:/folder?db=name`, as node-postgres reads them. */
  url: string;
  /** The service's own schema; it holds the migrations' table too. */
  schema: string;
  // TypeORM takes classes of any shape.
  entities: Function[];
  /** In any order: TypeORM sorts them by the timestamp that ends their name. */
  migrations: Function[];
  /** Connections at most; 16 unless told. */
  poolSize?: number;
  /** A statement that runs longer is cancelled; 10,000 unless told. */
  statementTimeoutMs?: number;
  /** A statement that waits longer for a lock is cancelled; 5,000 unless told. */
  lockTimeoutMs?: number;
  /** How long `open` waits for a server that is not there yet; 30,000 unless told. */
  connectWithinMs?: number;
  /** Further settings of each connection, such as the planner's. Names and values come from code, never from a request. */
  settings?: Readonly<Record<string, string>>;
  logger: PlatformLogger;
}
