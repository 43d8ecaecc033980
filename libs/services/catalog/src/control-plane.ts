import type { Provider, Type } from '@nestjs/common';
import type { BlobStore } from '@entrepot/blob-store';
import type { PlatformLogger } from '@entrepot/platform-persistence';
import { CatalogPorts } from './catalog-ports.js';
import type { CatalogConfig } from './catalog.config.js';
import { KeyWatches } from './encryption/key-watches.js';
import { MasterKeysController } from './encryption/master-keys.controller.js';
import { RegistryEncryptionController } from './encryption/registry-encryption.controller.js';
import { type EncryptionOptions, NO_ENCRYPTION, RegistryEncryption } from './encryption/registry-encryption.js';
import { ImagesController } from './image/images.controller.js';
import { ManifestsController } from './manifest/manifests.controller.js';
import { ReadOnlyGuard, ReadOnlyMode } from './read-only.guard.js';
import { AccountRegistriesHandler } from './registry/account-registries.handler.js';
import { CatalogQuotas } from './registry/quotas.js';
import { RegistryPlaces } from './registry/registry-places.js';
import { RegistriesController } from './registry/registries.controller.js';
import { DeletionWorker } from './repository/deletion.worker.js';
import { RepositoriesController } from './repository/repositories.controller.js';
import { RepositoryHandler } from './repository/repository.handler.js';
import { ScrubController } from './scrub/scrub.controller.js';
import { TagsController } from './tag/tags.controller.js';

/** The REST API of the catalog, and the questions that share its use cases. */
export const CONTROL_PLANE: Type[] = [
  RegistriesController,
  RepositoriesController,
  ImagesController,
  ManifestsController,
  TagsController,
  RegistryEncryptionController,
  MasterKeysController,
  ScrubController,
  RepositoryHandler,
  AccountRegistriesHandler,
];

/** What they need beside `CatalogPorts`. */
export function controlPlaneProviders({
  config,
  logger,
  encryption,
  blobStore,
}: {
  config: Pick<CatalogConfig, 'maxRegistries' | 'maxRepositories' | 'readOnly'>;
  logger: PlatformLogger;
  encryption?: EncryptionOptions;
  blobStore: BlobStore;
}): Provider[] {
  return [
    { provide: ReadOnlyMode, useFactory: () => new ReadOnlyMode(config.readOnly) },
    ReadOnlyGuard,
    {
      provide: CatalogQuotas,
      useFactory: () => new CatalogQuotas(config.maxRegistries, config.maxRepositories),
    },
    { provide: RegistryEncryption, useFactory: () => new RegistryEncryption(encryption ?? NO_ENCRYPTION) },
    {
      provide: KeyWatches,
      useFactory: ({ database }: CatalogPorts) => new KeyWatches(database, encryption ?? NO_ENCRYPTION, logger),
      inject: [CatalogPorts],
    },
    {
      provide: RegistryPlaces,
      useFactory: ({ database }: CatalogPorts) => new RegistryPlaces(database, blobStore, logger),
      inject: [CatalogPorts],
    },
    {
      provide: DeletionWorker,
      useFactory: (ports: CatalogPorts) => new DeletionWorker(ports, logger),
      inject: [CatalogPorts],
    },
  ];
}
