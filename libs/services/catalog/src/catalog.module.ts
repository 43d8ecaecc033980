import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { BlobStore } from '@entrepot/blob-store';
import { BusLink, type BusOptions, OutboxRelay } from '@entrepot/platform-messaging';
import type { HealthRegistry } from '@entrepot/platform-observability';
import type { PlatformLogger } from '@entrepot/platform-persistence';
import { ActivityHandler } from './activity/activity.handler.js';
import { BlobHandler } from './blob/blob.handler.js';
import { ReleaseWorker } from './blob/release.worker.js';
import { RegistryPlaces } from './registry/registry-places.js';
import { StoreHandler } from './store/store.handler.js';
import { StoreGuard } from './store/store-guard.js';
import { StoreWorker } from './store/store.worker.js';
import { openCatalogDatabase, openLookupDatabase } from './catalog-database.js';
import { CatalogPorts } from './catalog-ports.js';
import type { CatalogConfig } from './catalog.config.js';
import { CONTROL_PLANE, controlPlaneProviders } from './control-plane.js';
import { EncryptionHandler } from './encryption/encryption.handler.js';
import { KeyWatches } from './encryption/key-watches.js';
import { type EncryptionOptions, RegistryEncryption } from './encryption/registry-encryption.js';
import { ImageHandler } from './image/image.handler.js';
import { LookupHandler } from './lookup/lookup.handler.js';
import { LookupMemory } from './lookup/lookup-memory.js';
import { ManifestHandler } from './manifest/manifest.handler.js';
import { DeletionWorker } from './repository/deletion.worker.js';
import { ensureDefaults } from './seed.js';
import type { ScrubSettings } from './scrub/scrub.js';
import { ScrubHandler } from './scrub/scrub.handler.js';
import { ScrubWorker } from './scrub/scrub.worker.js';
import { StatisticsWorker } from './statistics.worker.js';
import { UsageWorker } from './usage/usage.worker.js';
import { TagHandler } from './tag/tag.handler.js';
import { UploadHandler } from './upload/upload.handler.js';

/** What the catalog is composed with. */
export interface CatalogOptions {
  config: CatalogConfig;
  /** For the release worker and the scrub, which needs the keys of encrypted registries: clients' bytes never pass through the catalog. */
  blobStore: BlobStore;
  logger: PlatformLogger;
  /** Gets the check `catalog-database`. */
  health?: HealthRegistry;
  /** Without it no registry is encrypted, and the catalog refuses to start where one is. */
  encryption?: EncryptionOptions;
  /** Where facts are published; without it they wait in the outbox. */
  relay?: BusOptions;
}

const OPTIONS = Symbol('CatalogOptions');

/**
 * The catalog: registries, repositories, images, manifests, tags, blobs and upload sessions. Handlers answer the data plane's questions over
 * whatever transport the application connects. Opens and migrates its schema when it is created, and makes the defaults of a first start.
 */
@Module({})
export class CatalogModule implements OnApplicationBootstrap, OnApplicationShutdown {
  #relay: { outbox: OutboxRelay; link: BusLink } | undefined;

  constructor(
    private readonly ports: CatalogPorts,
    private readonly release: ReleaseWorker,
    private readonly scrub: ScrubWorker,
    private readonly store: StoreWorker,
    private readonly statistics: StatisticsWorker,
    private readonly usage: UsageWorker,
    private readonly deletions: DeletionWorker,
    private readonly encryption: RegistryEncryption,
    private readonly keys: KeyWatches,
    @Inject(OPTIONS) private readonly options: CatalogOptions,
  ) {}

  static with(options: CatalogOptions): DynamicModule {
    return {
      module: CatalogModule,
      controllers: [
        LookupHandler,
        ManifestHandler,
        TagHandler,
        ImageHandler,
        BlobHandler,
        UploadHandler,
        ActivityHandler,
        EncryptionHandler,
        ScrubHandler,
        StoreHandler,
        ...CONTROL_PLANE,
      ],
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: CatalogPorts, useFactory: () => openPorts(options) },
        ...controlPlaneProviders(options),
        {
          provide: ReleaseWorker,
          useFactory: (ports: CatalogPorts, guard: StoreGuard) =>
            new ReleaseWorker(ports, options.blobStore, guard, options.logger),
          inject: [CatalogPorts, StoreGuard],
        },
        {
          provide: StoreGuard,
          useFactory: ({ database }: CatalogPorts) => new StoreGuard(database, options.blobStore, options.logger),
          inject: [CatalogPorts],
        },
        {
          provide: ScrubWorker,
          useFactory: (ports: CatalogPorts, guard: StoreGuard) =>
            new ScrubWorker(ports, options.blobStore, guard, options.logger, scrubOf(options)),
          inject: [CatalogPorts, StoreGuard],
        },
        {
          provide: StoreWorker,
          useFactory: (ports: CatalogPorts, places: RegistryPlaces, guard: StoreGuard) =>
            new StoreWorker({ ports, store: options.blobStore, places, guard, logger: options.logger }),
          inject: [CatalogPorts, RegistryPlaces, StoreGuard],
        },
        {
          provide: StatisticsWorker,
          useFactory: ({ database }: CatalogPorts) => new StatisticsWorker(database, options.logger),
          inject: [CatalogPorts],
        },
        {
          provide: UsageWorker,
          useFactory: ({ database }: CatalogPorts) => new UsageWorker(database, options.logger),
          inject: [CatalogPorts],
        },
      ],
      exports: [CatalogPorts],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    const { config, relay, logger, health } = this.options;
    // First of all: with the wrong master key nothing is to be written, and nothing to be released.
    await this.keys.start();
    health?.add('encryption-keys', () => this.keys.own.ready());
    await ensureDefaults(this.ports, this.encryption);
    await this.store.prepare();
    this.store.start(config.releaseIntervalSeconds);
    this.release.start(config.releaseIntervalSeconds);
    this.scrub.start();
    this.statistics.start();
    this.usage.start();
    this.deletions.start();
    if (relay) {
      const link = await BusLink.open(relay);
      const outbox = new OutboxRelay({ database: this.ports.database, link, logger });
      outbox.start();
      this.#relay = { outbox, link };
    }
  }

  /** After the transports stopped asking: what is under way ends, then the connections. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([
      this.release.stop(),
      this.scrub.stop(),
      this.store.stop(),
      this.statistics.stop(),
      this.usage.stop(),
      this.deletions.stop(),
      this.keys.stop(),
    ]);
    await this.#relay?.outbox.stop();
    await this.#relay?.link.close();
    await this.ports.memory.close();
    await Promise.all([this.ports.lookups.close(), this.ports.database.close()]);
  }
}

function scrubOf({ config }: CatalogOptions): ScrubSettings {
  return { bytesPerSecond: config.scrubBytesPerSecond, intervalSeconds: config.scrubIntervalSeconds };
}

async function openPorts({ config, logger, health }: CatalogOptions): Promise<CatalogPorts> {
  const database = await openCatalogDatabase(config.databaseUrl, logger, config.poolSize);
  health?.add('catalog-database', () => database.ping());
  const lookups = await openLookupDatabase(config.databaseUrl, logger);
  const clock = () => new Date();
  const settings = { answers: config.lookupMemory, aloneAfterMs: config.aloneAfterSeconds * 1_000, logger };
  const memory = LookupMemory.open(database, settings, clock);
  return new CatalogPorts(database, lookups, memory, config.defaultAccountId, clock);
}
