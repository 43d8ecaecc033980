import type { MessageClient } from '@entrepot/platform-messaging';
import type { HealthRegistry, Logger, MetricsRegistry } from '@entrepot/platform-observability';
import type { MetricsConfig } from './metrics.config.js';

/** What the module needs of whoever composes it. */
export interface MetricsModuleOptions {
  config: MetricsConfig;
  logger: Logger;
  /** Of this service's own role; the schema `metrics` is made and brought up to date in it. */
  databaseUrl: string;
  /** Gets the check `metrics-database`. */
  health: HealthRegistry;
  /** To ask the catalog how its scrub fares. */
  messages: Pick<MessageClient, 'ask'>;
  /** What this process counts of itself; shown by `/metrics`. */
  metrics: MetricsRegistry;
}

/** Injection token of the {@link MetricsModuleOptions}. */
export const METRICS_OPTIONS = Symbol('metrics options');
