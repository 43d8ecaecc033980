import { EnvironmentFailure } from '@entrepot/platform-observability';

/**
 * Postgres can't be used right now; the same request may succeed in a moment. `status` and `retryAfterSeconds` are what the HTTP layer and the
 * bus read to answer 503 with `Retry-After`. The driver's error is the `cause`; its text never reaches a client.
 */
export class DatabaseUnavailable extends EnvironmentFailure {
  override readonly name: string = 'DatabaseUnavailable';
  readonly code: string = 'DATABASE_UNAVAILABLE';
  readonly status = 503;
  readonly retryAfterSeconds: number = 1;
}

/** A statement waited longer than allowed, for a lock or in all, or conflicted with others more often than it may be retried. */
export class DatabaseBusy extends DatabaseUnavailable {
  override readonly name = 'DatabaseBusy';
  override readonly code = 'DATABASE_BUSY';
}

/** The connection broke while COMMIT was under way: the transaction may or may not hold. Only an idempotent request may be repeated. */
export class CommitOutcomeUnknown extends DatabaseUnavailable {
  override readonly name = 'CommitOutcomeUnknown';
  override readonly code = 'COMMIT_OUTCOME_UNKNOWN';
}

const CONFLICTS = new Set(['40001', '40P01']);
const TIMEOUTS = new Set(['57014', '55P03']);
// Shutting down, crashed, starting up, too many clients, out of memory or disk, timed out idle; or a standby after a failover (25006).
const UNAVAILABLE = /^(08...|57P0[1-5]|53...|25P03|25006)$/;
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT', // a Unix socket that isn't there yet
]);
/** Of them, those of a connection that never was. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT']);
// node-postgres gives these no code.
const DRIVER_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Query read timeout|Cannot use a pool after calling end|timeout expired)/;

/** The SQLSTATE of an error of the driver, of TypeORM, or of one of ours that wraps it; undefined for anything else. */
export function sqlState(error: unknown): string | undefined {
  const code = property(driverError(error), 'code');
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !SOCKET_CODES.has(code) ? code : undefined;
}

/** Whether a unique index refused the row; `constraint` names the index if given. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlState(error) !== '23505') return false;
  return constraint === undefined || property(driverError(error), 'constraint') === constraint;
}

/** Serialization failure or deadlock: Postgres rolled the transaction back and running it again may succeed. */
export function isConflict(error: unknown): boolean {
  return CONFLICTS.has(sqlState(error) ?? '');
}

/** Whether the connection, rather than the statement, failed: what was under way on it has an unknown outcome. */
export function isConnectionFailure(error: unknown): boolean {
  const inner = driverError(error);
  const state = sqlState(inner);
  if (state !== undefined) return /^(08...|57P0[1-5]|25P03)$/.test(state);
  return SOCKET_CODES.has(String(property(inner, 'code'))) || DRIVER_MESSAGES.test(String(property(inner, 'message')));
}

/** Whether a single statement may have been carried out, or may be yet, although it failed: the connection broke after it was had. */
export function mayHaveRun(error: unknown): boolean {
  const inner = driverError(error);
  if (sqlState(inner) !== undefined) return isConnectionFailure(inner);
  if (NOT_CONNECTED.has(String(property(inner, 'code')))) return false;
  return !/^timeout e(xceeded when trying to connect|xpired)/.test(String(property(inner, 'message')));
}

/** Turns the driver's and TypeORM's errors of the environment into `DatabaseUnavailable`; returns every other error as it is. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof DatabaseUnavailable) return error;
  const state = sqlState(error);
  if (state !== undefined && (CONFLICTS.has(state) || TIMEOUTS.has(state))) {
    return new DatabaseBusy('the database is busy', { cause: error });
  }
  if (isConnectionFailure(error) || (state !== undefined && UNAVAILABLE.test(state))) {
    return new DatabaseUnavailable('the database is not available', { cause: error });
  }
  return error;
}

function driverError(error: unknown): unknown {
  if (error instanceof DatabaseUnavailable) return driverError(error.cause);
  return property(error, 'driverError') ?? error;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
