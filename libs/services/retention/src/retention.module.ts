import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { HealthRegistry, Logger } from '@entrepot/platform-observability';
import { Database } from '@entrepot/platform-persistence';
import type { RetentionConfig } from './retention.config.js';

/** What the module needs of whoever composes it. */
export interface RetentionModuleOptions {
  config: RetentionConfig;
  logger: Logger;
  /** Of this service's own role; the schema `retention` is made in it. */
  databaseUrl: string;
  /** Gets the check `retention-database`. */
  health: HealthRegistry;
}

/**
 * Holds its place: it opens its own, still empty, schema and answers readiness. It deletes nothing and previews nothing. What comes here are
 * the deletion policies of images (untagged or old after N days, the newest N kept): plans worked out by `libs/policy`, previews that show
 * exactly what a run would delete, and daily runs that ask the catalog to delete it.
 */
@Module({})
export class RetentionModule implements OnApplicationShutdown {
  constructor(@Inject(Database) private readonly database: Database) {}

  static with(options: RetentionModuleOptions): DynamicModule {
    return {
      module: RetentionModule,
      providers: [{ provide: Database, useFactory: () => openDatabase(options) }],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

async function openDatabase({ config, databaseUrl, logger, health }: RetentionModuleOptions): Promise<Database> {
  const schema = { schema: 'retention', entities: [], migrations: [] };
  const database = await Database.open({ ...schema, url: databaseUrl, logger, poolSize: config.poolSize });
  try {
    await database.migrate();
  } catch (error) {
    await database.close();
    throw error;
  }
  health.add('retention-database', () => database.ping());
  return database;
}
