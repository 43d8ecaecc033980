import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { HttpExchangeReply, HttpExchangeRequest, Question } from '@entrepot/contracts';
import {
  type BusOptions,
  DurableConsumer,
  type MessageClient,
  NatsMessageClient,
  natsServer,
} from '@entrepot/platform-messaging';
import { ConfigInvalid, exitOnInvalid } from '@entrepot/platform-config';
import { createHttpApp, healthModule, runApp } from '@entrepot/platform-http';
import { AccessLog, createLogger, HealthRegistry, type Logger } from '@entrepot/platform-observability';
import { type ApplicationSlot, httpExchangeHandler } from './http-exchange.js';
import { listenerOf } from './listener.js';
import { plainNatsRefusal, serversOf } from './plain-nats.js';
import type { ServiceConfig } from './service.config.js';
import { warnOfUnknownSettings } from './unknown-settings.js';

/** How long requests under way may go on after SIGTERM. Other processes and servers end after this one, all within ten seconds. */
export const DRAIN_SECONDS = 6;

/** What a service of the suite is given when it runs as a process of its own. */
export interface ServiceContext {
  readonly config: ServiceConfig;
  readonly logger: Logger;
  readonly health: HealthRegistry;
  readonly messages: MessageClient;
  /** For a relay of facts, which needs a connection of its own. */
  readonly bus: BusOptions;
}

/** What makes a process this service. */
export interface ServiceComposition {
  readonly modules: readonly DynamicModule[];
  /** Plain Fastify routes: the data plane, the forwarder. */
  readonly plain?: (fastify: FastifyInstance) => Promise<void>;
  /** Control-plane requests of the gateway arrive by this question. */
  readonly http?: Question<HttpExchangeRequest, HttpExchangeReply>;
  /** Hears facts by a durable consumer of the service's name. */
  readonly hearsFacts?: boolean;
  /** Runs when the service answers its questions, before it listens. */
  readonly started?: () => Promise<void>;
  /** Ends what the composition made itself, after the last request. */
  readonly close?: () => Promise<void>;
}

/**
 * Runs one service: connects to NATS, makes its application, answers its questions and its HTTP port, and drains on SIGTERM. Resolves, with
 * the port, when it serves.
 */
export async function runService(
  name: string,
  config: ServiceConfig,
  compose: (context: ServiceContext) => Promise<ServiceComposition>,
): Promise<{ port: number }> {
  warnOfUnknownSettings();
  exitOnInvalid(() => requireSafeBus(config));
  const logger = createLogger({ level: config.logLevel, service: name });
  const bus = busOf(name, config, logger);
  const messages = new NatsMessageClient(bus);
  const health = new HealthRegistry();
  const link = await messages.connect();
  health.add('nats', async () => {
    if (!link.connected) throw new Error('not connected');
  });
  const composition = await compose({ config, logger, health, messages, bus });
  const app = await applicationOf(name, composition, { config, logger, health, bus, messages });
  return runApp(app, { host: config.httpHost, port: config.httpPort, logger, drainSeconds: DRAIN_SECONDS });
}

function requireSafeBus(config: ServiceConfig): void {
  const refusal = plainNatsRefusal(config);
  if (refusal !== null) throw new ConfigInvalid([refusal]);
}

function busOf(service: string, config: ServiceConfig, logger: Logger): BusOptions {
  return {
    service,
    servers: serversOf(config.natsUrl),
    ...(config.natsUser === undefined ? {} : { user: config.natsUser }),
    ...(config.natsPassword === undefined ? {} : { password: config.natsPassword.reveal() }),
    ...(config.natsTls ? { tls: {} } : {}),
    logger,
  };
}

async function applicationOf(
  name: string,
  composition: ServiceComposition,
  { config, logger, health, bus, messages }: Omit<ServiceContext, 'messages'> & { messages: NatsMessageClient },
): Promise<NestFastifyApplication> {
  const slot: ApplicationSlot = { app: null };
  const controllers = composition.http ? [httpExchangeHandler(composition.http, slot)] : [];
  const { plain } = composition;
  const app = await createHttpApp(
    rootModule(composition.modules, health, controllers, () => closeAll(composition, messages)),
    {
      logger,
      // What the gateway passes on is recorded by its owner, who knows the principal.
      ...(composition.http ? { accessLog: new AccessLog(logger) } : {}),
      ...listenerOf(config.httpHost, config),
      trustProxy: config.trustedProxies,
      ...(plain ? { plain } : {}),
    },
  );
  slot.app = app;
  app.connectMicroservice(natsServer(bus));
  if (composition.hearsFacts)
    app.connectMicroservice({ strategy: new DurableConsumer({ bus, service: name, logger }) });
  await app.startAllMicroservices();
  await composition.started?.();
  return app;
}

async function closeAll(composition: ServiceComposition, messages: NatsMessageClient): Promise<void> {
  await composition.close?.();
  await messages.close();
}

/**
 * The application's root: the services' modules, the health probes, what is to be told when no request is under way any more and the services
 * still answer, and what is to be closed last.
 */
export function rootModule(
  modules: readonly DynamicModule[],
  health: HealthRegistry,
  controllers: readonly Type[],
  close: () => Promise<void>,
  drained: () => Promise<void> = async () => undefined,
): DynamicModule {
  class RootModule {
    beforeApplicationShutdown(): Promise<void> {
      return drained();
    }

    onApplicationShutdown(): Promise<void> {
      return close();
    }
  }
  return { module: RootModule, imports: [healthModule(health), ...modules], controllers: [...controllers] };
}
