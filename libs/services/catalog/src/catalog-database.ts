import { Database, outboxMigration, type PlatformLogger } from '@entrepot/platform-persistence';
import { LOOKUP_SETTINGS } from './lookup/lookup-settings.js';
import { CreateRegistriesAndRepositories1763700000000 } from './migrations/1763700000000-create-registries-and-repositories.js';
import { CreateBlobsAndUploads1763700000001 } from './migrations/1763700000001-create-blobs-and-uploads.js';
import { CreateManifestsAndTags1763700000002 } from './migrations/1763700000002-create-manifests-and-tags.js';
import { CreateActivityReports1763700000003 } from './migrations/1763700000003-create-activity-reports.js';
import { EndImagesInBatches1763700000004 } from './migrations/1763700000004-end-images-in-batches.js';
import { CreateRegistryKeys1763700000020 } from './migrations/1763700000020-create-registry-keys.js';
import { KnowContestedUploads1763700000030 } from './migrations/1763700000030-know-contested-uploads.js';
import { CountUsage1763700000040 } from './migrations/1763700000040-count-usage.js';
import { KnowTheStore1763700000050 } from './migrations/1763700000050-know-the-store.js';
import { ScrubBlobs1763700000060 } from './migrations/1763700000060-scrub-blobs.js';
import { TidyByTheWorker1763700000070 } from './migrations/1763700000070-tidy-by-the-worker.js';
import { Registry } from './registry/registry.entity.js';
import { Repository } from './repository/repository.entity.js';

export const SCHEMA = 'catalog';

const ENTITIES = [Registry, Repository];
const MIGRATIONS = [
  outboxMigration(SCHEMA),
  CreateRegistriesAndRepositories1763700000000,
  CreateBlobsAndUploads1763700000001,
  CreateManifestsAndTags1763700000002,
  CreateActivityReports1763700000003,
  EndImagesInBatches1763700000004,
  CreateRegistryKeys1763700000020,
  KnowContestedUploads1763700000030,
  CountUsage1763700000040,
  KnowTheStore1763700000050,
  ScrubBlobs1763700000060,
  TidyByTheWorker1763700000070,
];

/** As many as batches of questions that a gateway has under way. */
const LOOKUP_CONNECTIONS = 4;
/** A look-up takes milliseconds; one that doesn't would only make its asker's deadline pass later. */
const LOOKUP_TIMEOUT_MS = 3_000;

/** Opens the service's schema and brings its tables up to date. */
export async function openCatalogDatabase(url: string, logger: PlatformLogger, poolSize = 16): Promise<Database> {
  const database = await Database.open({
    url,
    schema: SCHEMA,
    entities: ENTITIES,
    migrations: MIGRATIONS,
    poolSize,
    logger,
  });
  await database.migrate();
  return database;
}

/** The look-ups' own connections to the same schema. */
export function openLookupDatabase(url: string, logger: PlatformLogger): Promise<Database> {
  return Database.open({
    url,
    schema: SCHEMA,
    entities: [],
    migrations: [],
    poolSize: LOOKUP_CONNECTIONS,
    statementTimeoutMs: LOOKUP_TIMEOUT_MS,
    settings: LOOKUP_SETTINGS,
    logger,
  });
}
