import { AccessClient, AccessHttpModule, hostConfig } from '@entrepot/access';
import { FilesystemBlobStore, SealedBlobStore } from '@entrepot/blob-store';
import { CatalogConfig, CatalogModule, encryptionOptions } from '@entrepot/catalog';
import { catalogHttp } from '@entrepot/contracts';
import { CatalogRegistryKeys, EncryptionRefused, openMasterKeys } from '@entrepot/key-management';
import { exitOnInvalid, loadConfigs } from '@entrepot/platform-config';
import {
  BlobDirectoryConfig,
  EncryptionConfig,
  HostsConfig,
  orRefuse,
  runService,
  ServiceConfig,
  tellLauncher,
} from '@entrepot/platform-service';

const configs = exitOnInvalid(() =>
  loadConfigs({
    service: ServiceConfig,
    hosts: HostsConfig,
    blobs: BlobDirectoryConfig,
    catalog: CatalogConfig,
    encryption: EncryptionConfig,
  }),
);

const serving = runService('catalog', configs.service, async ({ logger, messages, bus, health }) => {
  const store = await FilesystemBlobStore.open({ root: configs.blobs.blobDirectory });
  const masterKeys = openMasterKeys(configs.encryption);
  // It deletes bytes, and reads them back to verify them; it never writes. Keys are asked for as a gateway does: any catalog answers.
  const keys = new CatalogRegistryKeys({ messages, masterKeys });
  const blobStore = SealedBlobStore.around({ store, seal: neverWrites, keys });
  const encryption = encryptionOptions(configs.encryption, masterKeys, { objectStorage: false });
  const access = new AccessClient({ messages, logger });
  await access.start();
  health.add('blob-store', () => blobStore.checkWritable());
  return {
    modules: [
      AccessHttpModule.forRoot({ access, hosts: hostConfig(configs.hosts.hosts) }),
      CatalogModule.with({ config: configs.catalog, blobStore, logger, health, relay: bus, encryption }),
    ],
    http: catalogHttp,
    close: async () => access.stop(),
  };
});
const running = await orRefuse(serving, [EncryptionRefused]);
tellLauncher(running.port);

function neverWrites(): never {
  throw new Error('the catalog stores no bytes');
}
