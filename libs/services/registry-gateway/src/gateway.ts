import { type AccessClient, BoundedCache, hostConfig } from '@entrepot/access';
import type { SealedBlobStore } from '@entrepot/blob-store';
import { lookup, type LookupAnswer, type LookupQuestion, MAX_LOOKUP_BATCH } from '@entrepot/contracts';
import { type MessageClient, QuestionBatcher } from '@entrepot/platform-messaging';
import { AccessLog, type Logger } from '@entrepot/platform-observability';
import type { FastifyInstance } from 'fastify';
import { ActivityReporter } from './activity/activity-reporter.js';
import { DamageReporter } from './blobs/damage-reporter.js';
import type { GatewayConfig } from './gateway.config.js';
import { dataPlane } from './plane/plugin.js';
import type { Ports } from './plane/ports.js';
import { RunningDigests } from './uploads/running-digests.js';
import { WriteGate } from './uploads/write-gate.js';

export interface GatewayNeeds {
  readonly config: GatewayConfig;
  readonly logger: Logger;
  readonly messages: MessageClient;
  readonly access: AccessClient;
  readonly blobs: SealedBlobStore;
}

/** The data plane of one process. `plugin` is registered on the Fastify instance before it listens. */
export interface RegistryGateway {
  plugin(fastify: FastifyInstance): Promise<void>;
  start(): void;
  /** Tells the last counts. Call when no request is under way any more. */
  stop(): Promise<void>;
}

export function registryGateway(needs: GatewayNeeds): RegistryGateway {
  const { config, logger, messages, access, blobs } = needs;
  const activity = new ActivityReporter(messages, logger, config.activityIntervalSeconds * 1000);
  const ports: Ports = {
    config,
    hosts: hostConfig(config.hosts),
    logger,
    accessLog: new AccessLog(logger),
    messages,
    access,
    blobs,
    lookups: batchedLookups(messages),
    manifests: new BoundedCache(config.manifestCacheBytes),
    activity,
    damage: new DamageReporter(messages, logger),
    digests: new RunningDigests(),
    writes: new WriteGate(config, blobs),
    now: () => new Date(),
  };
  return { plugin: dataPlane(ports), start: () => activity.start(), stop: () => activity.stop() };
}

/** Look-ups that arrive while one is under way leave as one message: a busy gateway gets cheaper per request, and nothing is stale. */
function batchedLookups(messages: MessageClient): QuestionBatcher<LookupQuestion, LookupAnswer> {
  return new QuestionBatcher<LookupQuestion, LookupAnswer>({
    ask: async (questions) => (await messages.ask(lookup, { questions })).answers,
    maxInFlight: 4,
    maxQuestions: MAX_LOOKUP_BATCH,
    maxBytes: 1024 * 1024,
    deadlineMs: 5000,
  });
}
