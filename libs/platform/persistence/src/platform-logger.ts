/** What these libraries need of a logger: a pino logger satisfies it. Fields first, then a sentence. */
export interface PlatformLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** For tools and tests that have nowhere to log to. */
export const silentLogger: PlatformLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
