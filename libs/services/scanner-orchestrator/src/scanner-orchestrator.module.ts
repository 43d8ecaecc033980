import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { HealthRegistry, Logger } from '@entrepot/platform-observability';
import { Database } from '@entrepot/platform-persistence';
import { FactsHandler } from './scan/facts.handler.js';
import { ScanStore } from './scan/scan.store.js';
import { ScansController } from './scan/scans.controller.js';
import { scannerSchema } from './scanner-schema.js';
import type { ScannerConfig } from './scanner.config.js';

/** What the module needs of whoever composes it. */
export interface ScannerOrchestratorModuleOptions {
  config: ScannerConfig;
  logger: Logger;
  /** Of this service's own role; the schema `scanner_orchestrator` is made and brought up to date in it. */
  databaseUrl: string;
  /** Gets the check `scanner-orchestrator-database`. */
  health: HealthRegistry;
}

/**
 * Knows what there is to scan: facts come in by the durable consumer `scanner-orchestrator`, the list goes out by
 * `GET /api/v1/registries/{registryId}/scans`. Nothing is scanned yet, and nothing says so: every manifest is `Unscanned` until engines,
 * reports and verdicts come here. The application that imports it connects a `DurableConsumer` and puts the access guard before its routes.
 */
@Module({})
export class ScannerOrchestratorModule implements OnApplicationShutdown {
  constructor(@Inject(Database) private readonly database: Database) {}

  static with(options: ScannerOrchestratorModuleOptions): DynamicModule {
    return {
      module: ScannerOrchestratorModule,
      controllers: [FactsHandler, ScansController],
      providers: [
        { provide: Database, useFactory: () => openDatabase(options) },
        { provide: ScanStore, useFactory: (database: Database) => new ScanStore(database), inject: [Database] },
      ],
    };
  }

  /** After the consumer is closed: until then facts are being recorded. */
  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

async function openDatabase(options: ScannerOrchestratorModuleOptions): Promise<Database> {
  const { config, databaseUrl, logger, health } = options;
  const database = await Database.open({ ...scannerSchema, url: databaseUrl, logger, poolSize: config.poolSize });
  try {
    await database.migrate();
  } catch (error) {
    await database.close();
    throw error;
  }
  health.add('scanner-orchestrator-database', () => database.ping());
  return database;
}
