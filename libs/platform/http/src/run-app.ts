import type { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { flushLogs, type Logger } from '@entrepot/platform-observability';
import type { FastifyInstance } from 'fastify';
import { markDraining } from './http-app.js';

/** The parts of the process that a running application touches; replaced in tests. */
export interface ProcessPort {
  signals: Pick<EventEmitter, 'on' | 'off'>;
  print: (line: string) => void;
  exit: (code: number) => void;
}

export interface RunOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  logger: Logger;
  /** How long requests under way may go on after SIGTERM. Default 8, so that all is over within 10. */
  drainSeconds?: number;
  process?: ProcessPort;
}

export interface RunningApp {
  /** The port that it listens on. */
  port: number;
  /** Stops accepting, drains, closes the application. What SIGTERM and SIGINT do before they end the process. */
  stop: () => Promise<void>;
}

// What is left of Kubernetes's patience after the drain, for pools and the bus to close.
const CLOSE_MS = 1500;
const SWEEP_MS = 50;

const realProcess: ProcessPort = {
  signals: process,
  print: (line) => process.stderr.write(`${line}\n`),
  exit: (code) => process.exit(code),
};

/**
 * Listens, and ends the process with 0 on SIGTERM or SIGINT within ten seconds: no new connections, idle ones closed at once, requests
 * under way finished, then the modules' own shutdown. A second signal ends it at once. If the port can't be had, prints one sentence and
 * exits with 1; the promise then never resolves.
 */
export async function runApp(app: NestFastifyApplication, options: RunOptions): Promise<RunningApp> {
  const port = options.process ?? realProcess;
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  try {
    await fastify.listen({ host: options.host, port: options.port });
  } catch (error) {
    return cannotListen(app, error, options, port);
  }
  const stop = onceOnly(() => drainAndClose(app, fastify, options));
  endOnSignals(stop, options.logger, port);
  const running = { port: (fastify.server.address() as AddressInfo).port, stop };
  options.logger.info({ host: options.host, port: running.port }, 'Listening');
  return running;
}

async function cannotListen(
  app: NestFastifyApplication,
  error: unknown,
  options: RunOptions,
  ends: ProcessPort,
): Promise<never> {
  ends.print(listenProblem(error, options));
  await closeWithin(app, CLOSE_MS);
  flushLogs();
  ends.exit(1);
  return new Promise<never>(() => undefined);
}

/** One sentence on why a port can't be had, from the error of `listen`. */
export function listenProblem(error: unknown, { host, port }: Pick<RunOptions, 'host' | 'port'>): string {
  const sentences: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is in use by another program: stop it, or choose another port.`,
    EACCES: `Port ${port} on ${host} may not be used by this user: choose one above 1023, or run with the right to bind it.`,
    EADDRNOTAVAIL: `${host} is no address of this machine: choose another host to listen on.`,
    ENOTFOUND: `${host} is no known host: choose another one to listen on.`,
  };
  const { code = '', message } = error as NodeJS.ErrnoException;
  return sentences[code] ?? `Cannot listen on ${host}, port ${port}: ${message}.`;
}

async function drainAndClose(
  app: NestFastifyApplication,
  fastify: FastifyInstance,
  { drainSeconds = 8, logger }: RunOptions,
): Promise<void> {
  markDraining(fastify);
  if (!(await drained(fastify.server, drainSeconds * 1000))) {
    logger.warn({ drainSeconds }, 'Requests were still under way at the end of the drain; they are cut');
    fastify.server.closeAllConnections();
  }
  if (!(await closeWithin(app, CLOSE_MS))) logger.warn('The application did not close in time');
}

/** Stops accepting and waits for the connections to end. False when some are left at the deadline. */
async function drained(server: Server, deadlineMs: number): Promise<boolean> {
  let open = true;
  const closed = new Promise<void>((resolve) => server.close(() => resolve())).then(() => (open = false));
  const deadline = Date.now() + deadlineMs;
  // A connection becomes idle when its response ends; Node closes only those that are idle when `close` is called.
  while (open && Date.now() < deadline) {
    server.closeIdleConnections();
    await Promise.race([closed, sleep(SWEEP_MS)]);
  }
  return !open;
}

async function closeWithin(app: NestFastifyApplication, ms: number): Promise<boolean> {
  const closed = app.close().then(
    () => true,
    () => false,
  );
  return Promise.race([closed, sleep(ms, false, { ref: false })]);
}

function endOnSignals(stop: () => Promise<void>, logger: Logger, port: ProcessPort): void {
  let asked = false;
  const end = (signal: string): void => {
    if (asked) return port.exit(1);
    asked = true;
    logger.info({ signal }, 'Stopping');
    void stop().finally(() => {
      flushLogs();
      port.exit(0);
    });
  };
  port.signals.on('SIGTERM', () => end('SIGTERM'));
  port.signals.on('SIGINT', () => end('SIGINT'));
}

function onceOnly(fn: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= fn());
}
