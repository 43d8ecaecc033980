import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

/** Lets Nest log through ours. Nest passes the context last, and for errors a stack before it. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  // What Nest calls "log" is one line per module and route at start: of interest only when looking for a fault.
  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(level: 'trace' | 'debug' | 'warn' | 'error' | 'fatal', message: unknown, rest: unknown[]): void {
    if (!this.logger.isLevelEnabled(level)) return;
    const context = rest.findLast((part) => typeof part === 'string' && !part.includes('\n'));
    const stack = rest.find((part) => typeof part === 'string' && part.includes('\n'));
    const fields = { context, ...(stack === undefined ? {} : { stack }) };
    if (message instanceof Error) this.logger[level]({ ...fields, err: message }, message.message);
    else if (typeof message === 'object') this.logger[level]({ ...fields, detail: message }, 'Nest');
    else this.logger[level](fields, String(message));
  }
}

/** {@link NestLogger} over a logger: what `NestFactory.create(…, { logger })` takes. */
export function nestLogger(logger: Logger): LoggerService {
  return new NestLogger(logger);
}
