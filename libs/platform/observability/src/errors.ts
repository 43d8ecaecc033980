/**
 * Who must act on an error. `caller`: the request was wrong. `environment`: something we depend on failed, trying again may help.
 * `bug`: we are wrong. The family decides log level and retry; the message alone never does.
 */
export type ErrorFamily = 'caller' | 'environment' | 'bug';

/** Something we depend on (database, bus, store, a peer) failed. `retryable` is false where trying again cannot help. */
export class EnvironmentFailure extends Error {
  override readonly name: string = 'EnvironmentFailure';
  readonly retryable: boolean;

  constructor(message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.retryable = options.retryable ?? true;
  }
}

/** The caller asked for something wrong. The message is told to the caller; `code` is stable, for programs. */
export class CallerError extends Error {
  override readonly name: string = 'CallerError';
  readonly code: string;

  constructor(message: string, options: { cause?: unknown; code?: string } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = options.code ?? 'INVALID';
  }
}

// The network, the disk, or a name server; never our own mistake such as ENOENT.
const SYSTEM_FAILURES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
]);

// A longer chain of causes says nothing new, and a chain may be a circle.
const MAX_CAUSES = 8;

/**
 * The family of anything thrown. Errors that carry an HTTP status (the OCI table, Nest's, Fastify's) count by it; a plain error whose
 * cause is an environment failure is one.
 */
export function familyOf(error: unknown): ErrorFamily {
  for (const link of causesOf(error)) {
    if (link instanceof CallerError) return 'caller';
    if (link instanceof EnvironmentFailure || isSystemFailure(link)) return 'environment';
    const status = statusOf(link);
    if (status !== null && status >= 400 && status < 500) return 'caller';
    if (status === 502 || status === 503 || status === 504) return 'environment';
  }
  return 'bug';
}

/** Whether trying the same thing again may help. */
export function isRetryable(error: unknown): boolean {
  if (familyOf(error) !== 'environment') return false;
  return !causesOf(error).some((link) => link instanceof EnvironmentFailure && !link.retryable);
}

/** What {@link logErrorByFamily} needs of a logger. */
export interface LeveledLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Logs an error at the level of its family (caller: info, environment: warn, bug: error with its stack) and returns the family. */
export function logErrorByFamily(log: LeveledLog, error: unknown, message: string, fields: object = {}): ErrorFamily {
  const family = familyOf(error);
  const told = { ...fields, family };
  if (family === 'caller') log.info({ ...told, reason: messageOf(error) }, message);
  else if (family === 'environment') log.warn({ ...told, err: error }, message);
  else log.error({ ...told, err: error }, message);
  return family;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function causesOf(error: unknown): object[] {
  const chain: object[] = [];
  for (let at = error; typeof at === 'object' && at !== null && chain.length < MAX_CAUSES;) {
    chain.push(at);
    at = (at as { cause?: unknown }).cause;
  }
  return chain;
}

function isSystemFailure(link: object): boolean {
  const { code } = link as { code?: unknown };
  return typeof code === 'string' && SYSTEM_FAILURES.has(code);
}

function statusOf(link: object): number | null {
  const { status, statusCode } = link as { status?: unknown; statusCode?: unknown };
  if (typeof status === 'number') return status;
  return typeof statusCode === 'number' ? statusCode : null;
}
