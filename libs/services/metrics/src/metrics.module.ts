import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Database } from '@entrepot/platform-persistence';
import { METRICS_OPTIONS, type MetricsModuleOptions } from './metrics-options.js';
import { metricsSchema } from './metrics-schema.js';
import { FactCounter } from './minutes/fact-counter.js';
import { FactsHandler } from './minutes/facts.handler.js';
import { MetricsController } from './minutes/metrics.controller.js';
import { MinuteCountStore } from './minutes/minute-count.store.js';
import { MinuteKeeper } from './minutes/minute-keeper.service.js';
import { ProcessMetrics } from './prometheus/process-metrics.js';
import { PrometheusController } from './prometheus/prometheus.controller.js';

/**
 * Counts what happens, per minute and registry: facts come in by the durable consumer `metrics`, counts go out by
 * `GET /api/v1/registries/{registryId}/metrics` and, as totals, by `GET /metrics` for Prometheus. The application that imports it connects a
 * `DurableConsumer` and puts the access guard before its routes.
 */
@Module({})
export class MetricsModule implements OnApplicationShutdown {
  constructor(@Inject(Database) private readonly database: Database) {}

  static with(options: MetricsModuleOptions): DynamicModule {
    const { config, logger } = options;
    return {
      module: MetricsModule,
      controllers: [FactsHandler, MetricsController, PrometheusController],
      providers: [
        { provide: METRICS_OPTIONS, useValue: options },
        { provide: Database, useFactory: () => openDatabase(options) },
        { provide: MinuteCountStore, useFactory: (db: Database) => new MinuteCountStore(db), inject: [Database] },
        {
          provide: FactCounter,
          useFactory: (store: MinuteCountStore) => new FactCounter(store),
          inject: [MinuteCountStore],
        },
        {
          provide: MinuteKeeper,
          useFactory: (store: MinuteCountStore, database: Database) =>
            new MinuteKeeper({ store, database, logger, keepSeconds: config.minutesKeptSeconds }),
          inject: [MinuteCountStore, Database],
        },
        { provide: ProcessMetrics, useFactory: () => new ProcessMetrics(options.metrics) },
      ],
    };
  }

  /** After the consumer is closed: until then facts are being counted. */
  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

async function openDatabase({ databaseUrl, logger, health }: MetricsModuleOptions): Promise<Database> {
  // One writer, some readers.
  const database = await Database.open({ ...metricsSchema, url: databaseUrl, logger, poolSize: 4 });
  try {
    await database.migrate();
  } catch (error) {
    await database.close();
    throw error;
  }
  health.add('metrics-database', () => database.ping());
  return database;
}
