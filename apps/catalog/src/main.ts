import { AccessClient, AccessHttpModule, hostConfig } from '@entrepot/access';
import { FilesystemBlobStore } from '@entrepot/blob-store';
import { CatalogConfig, CatalogModule } from '@entrepot/catalog';
import { catalogHttp } from '@entrepot/contracts';
import { exitOnInvalid, loadConfigs } from '@entrepot/platform-config';
import { BlobDirectoryConfig, HostsConfig, runService, ServiceConfig, tellLauncher } from '@entrepot/platform-service';

const configs = exitOnInvalid(() =>
  loadConfigs({ service: ServiceConfig, hosts: HostsConfig, blobs: BlobDirectoryConfig, catalog: CatalogConfig }),
);

const running = await runService('catalog', configs.service, async ({ logger, messages, bus, health }) => {
  const blobStore = await FilesystemBlobStore.open({ root: configs.blobs.blobDirectory });
  const access = new AccessClient({ messages, logger });
  await access.start();
  health.add('blob-store', () => blobStore.checkWritable());
  return {
    modules: [
      AccessHttpModule.forRoot({ access, hosts: hostConfig(configs.hosts.hosts) }),
      CatalogModule.with({ config: configs.catalog, blobStore, logger, health, relay: bus }),
    ],
    http: catalogHttp,
    close: async () => access.stop(),
  };
});
tellLauncher(running.port);
