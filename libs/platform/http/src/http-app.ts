import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { createLogger, NestLogger, type AccessLog, type Logger } from '@entrepot/platform-observability';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerExpectations } from './expectations.js';
import { recordAccess } from './access-log.hook.js';
import { requireHttps } from './plain-http.js';
import { refuseSeveralHosts } from './one-host.js';
import { answerError, ProblemFilter } from './problem.filter.js';
import { REQUEST_ID_HEADER } from './request-id.js';
import { addRestHeaders, markDataPlane } from './rest-headers.hook.js';
import {
  DEFAULT_BODY_LIMIT,
  DEFAULT_TIMEOUTS,
  serverOptions,
  type ServerTimeouts,
  type TlsPem,
} from './server-options.js';
import { problemValidationPipe } from './validation.pipe.js';

export interface HttpAppOptions {
  /** Where Nest and the error filter write. Default: warnings and errors, to stdout. */
  logger?: Logger;
  /** One record per request, if given. */
  accessLog?: AccessLog;
  /** Speaks HTTPS with this certificate. */
  tls?: TlsPem | undefined;
  /** Networks (CIDR) of proxies whose `X-Forwarded-*` headers are believed. Empty: nobody's. */
  trustProxy?: readonly string[];
  /** Refuses requests in the clear from beyond loopback, see `requireHttps`. */
  httpsOnly?: boolean;
  /** Bytes of a control-plane body; 1 MiB unless given. The data plane sets its own. */
  bodyLimit?: number;
  /**
   * Registers the data plane: plain Fastify plugins, in a scope of their own, before Nest's routes. The scope may remove or replace
   * content-type parsers, hooks and error handlers without touching Nest's. Providers can be taken from the application.
   */
  plain?: (fastify: FastifyInstance, app: NestFastifyApplication) => Promise<void>;
  timeouts?: Partial<ServerTimeouts>;
}

/**
 * Makes an initialised application: Nest on Fastify with problem+json errors, validation, request ids and the bounds of
 * `server-options.ts`. It listens nowhere yet; whoever asked for it closes it. Rejects with whatever a module failed with.
 */
export async function createHttpApp(
  rootModule: Type | DynamicModule,
  options: HttpAppOptions = {},
): Promise<NestFastifyApplication> {
  const logger = options.logger ?? createLogger({ level: 'warn', service: 'http' });
  const adapter = adapterFor(options, logger);
  const fastify = adapter.getInstance() as unknown as FastifyInstance;
  addSharedHooks(fastify, options);
  const app = await NestFactory.create<NestFastifyApplication>(rootModule, adapter, {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new ProblemFilter(logger));
  app.useGlobalPipes(problemValidationPipe());
  const { plain } = options;
  if (plain) {
    await fastify.register(async (scope) => {
      markDataPlane(scope);
      await plain(scope, app);
    });
  }
  addRestHeaders(fastify);
  await app.init();
  return app;
}

function adapterFor(options: HttpAppOptions, logger: Logger): FastifyAdapter {
  const { trustProxy = [], bodyLimit = DEFAULT_BODY_LIMIT, tls } = options;
  return new FastifyAdapter({
    ...serverOptions(trustProxy, bodyLimit, { ...DEFAULT_TIMEOUTS, ...options.timeouts }, tls),
    // The router refuses a malformed or over-long path before any hook runs.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      answerError(error, request, reply, logger),
  });
}

function addSharedHooks(fastify: FastifyInstance, options: HttpAppOptions): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header(REQUEST_ID_HEADER, request.id);
    // While draining, a client must not send its next request on this connection.
    if (isDraining(fastify)) void reply.header('connection', 'close');
    done();
  });
  if (options.accessLog) recordAccess(fastify, options.accessLog);
  if (options.httpsOnly) requireHttps(fastify);
  refuseSeveralHosts(fastify);
  answerExpectations(fastify, options.bodyLimit ?? DEFAULT_BODY_LIMIT);
}

const draining = new WeakSet<object>();

/** Marks an application's server as draining: from now on every response ends its connection. */
export function markDraining(fastify: FastifyInstance): void {
  draining.add(fastify.server);
}

function isDraining(fastify: FastifyInstance): boolean {
  return draining.has(fastify.server);
}
