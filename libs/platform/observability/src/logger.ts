import {
  pino,
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type Level,
  type Logger as PinoLogger,
} from 'pino';
import { redact, redactFields, scrub } from './redact.js';

/** A structured logger: `log.info({ digest }, 'what happened')`. One JSON object per line. */
export type Logger = PinoLogger;
/** From the most to the least talkative; `silent` writes nothing. */
export type LogLevel = Level | 'silent';

export interface LoggerOptions {
  level: LogLevel;
  /** Name of the service that writes; every record carries it. */
  service: string;
  /** Where lines go. Default: stdout, asynchronously, flushed when the process ends. */
  destination?: DestinationStream;
}

type Stdout = ReturnType<typeof pino.destination>;

/** The access log writes a line for each request: a system call for each would cost a busy gateway a tenth of its time. */
const BUFFERED_BYTES = 8 * 1024;
/** A line is read this much later at most; who is killed loses as much. */
const FLUSH_MS = 200;

let stdout: Stdout | undefined;

/**
 * Makes the logger of a process. Values under `authorization`, `password`, `secret`, `token`, `cookie` and their like are replaced at
 * any depth, also in bindings and error fields; so are credentials inside texts.
 */
export function createLogger({ level, service, destination }: LoggerOptions): Logger {
  const logger = pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: errorFields },
      formatters: { level: (label) => ({ level: label }), log: (fields) => redactFields(fields) },
      hooks: {
        logMethod(args, method) {
          method.apply(this, args.map((arg: unknown) => (typeof arg === 'string' ? scrub(arg) : arg)) as typeof args);
        },
      },
    },
    destination ?? sharedStdout(),
  );
  return redactingBindings(logger);
}

// pino's formatter for bindings is not asked for those of children, so `child` itself is replaced; children inherit it.
function redactingBindings(logger: Logger): Logger {
  const child = logger.child;
  logger.child = function (this: Logger, bindings: Bindings, options?: ChildLoggerOptions) {
    return Reflect.apply(child, this, [redactFields(bindings), options]) as Logger;
  } as unknown as Logger['child'];
  return logger;
}

/** Writes out what is still buffered for stdout. The process does so itself when it ends by `process.exit` or in peace. */
export function flushLogs(): void {
  try {
    stdout?.flushSync();
  } catch {
    // A closed pipe at the end of the process: there is nobody left to tell.
  }
}

function errorFields(error: unknown): unknown {
  return redact(error instanceof Error ? pino.stdSerializers.err(error) : error, 1);
}

function sharedStdout(): Stdout {
  if (!stdout) {
    stdout = pino.destination({ dest: 1, sync: false, minLength: BUFFERED_BYTES, periodicFlush: FLUSH_MS });
    // A reader that went away (`entrepot | head`) must not end the registry.
    stdout.on('error', () => undefined);
    process.on('exit', flushLogs);
  }
  return stdout;
}
