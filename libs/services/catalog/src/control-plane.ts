import type { Provider, Type } from '@nestjs/common';
import type { PlatformLogger } from '@entrepot/platform-persistence';
import { CatalogPorts } from './catalog-ports.js';
import type { CatalogConfig } from './catalog.config.js';
import { ImagesController } from './image/images.controller.js';
import { ManifestsController } from './manifest/manifests.controller.js';
import { ReadOnlyGuard, ReadOnlyMode } from './read-only.guard.js';
import { AccountRegistriesHandler } from './registry/account-registries.handler.js';
import { CatalogQuotas } from './registry/quotas.js';
import { RegistriesController } from './registry/registries.controller.js';
import { DeletionWorker } from './repository/deletion.worker.js';
import { RepositoriesController } from './repository/repositories.controller.js';
import { RepositoryHandler } from './repository/repository.handler.js';
import { TagsController } from './tag/tags.controller.js';

/** The REST API of the catalog, and the questions that share its use cases. */
export const CONTROL_PLANE: Type[] = [
  RegistriesController,
  RepositoriesController,
  ImagesController,
  ManifestsController,
  TagsController,
  RepositoryHandler,
  AccountRegistriesHandler,
];

/** What they need beside `CatalogPorts`. */
export function controlPlaneProviders({
  config,
  logger,
}: {
  config: Pick<CatalogConfig, 'maxRegistries' | 'maxRepositories' | 'readOnly'>;
  logger: PlatformLogger;
}): Provider[] {
  return [
    { provide: ReadOnlyMode, useFactory: () => new ReadOnlyMode(config.readOnly) },
    ReadOnlyGuard,
    {
      provide: CatalogQuotas,
      useFactory: () => new CatalogQuotas(config.maxRegistries, config.maxRepositories),
    },
    {
      provide: DeletionWorker,
      useFactory: (ports: CatalogPorts) => new DeletionWorker(ports, logger),
      inject: [CatalogPorts],
    },
  ];
}
