import { AccessClient, AccessHttpModule, hostConfig } from '@entrepot/access';
import { openBlobStore, SealedBlobStore, StorageRefused } from '@entrepot/blob-store';
import { CatalogConfig, CatalogModule, encryptionOptions } from '@entrepot/catalog';
import { catalogHttp } from '@entrepot/contracts';
import { CatalogRegistryKeys, EncryptionRefused, openMasterKeys } from '@entrepot/key-management';
import { exitOnInvalid, loadConfigs } from '@entrepot/platform-config';
import {
  EncryptionConfig,
  HostsConfig,
  orRefuse,
  runService,
  ServiceConfig,
  StorageConfig,
  tellLauncher,
} from '@entrepot/platform-service';

const configs = exitOnInvalid(() =>
  loadConfigs({
    service: ServiceConfig,
    hosts: HostsConfig,
    storage: StorageConfig,
    catalog: CatalogConfig,
    encryption: EncryptionConfig,
  }),
);

const place = exitOnInvalid(() => configs.storage.place);

const serving = runService('catalog', configs.service, async ({ logger, messages, bus, health }) => {
  const store = await openBlobStore(place);
  const masterKeys = openMasterKeys(configs.encryption);
  // It deletes bytes, and reads them back to verify them; it never writes. Keys are asked for as a gateway does: any catalog answers.
  const keys = new CatalogRegistryKeys({ messages, masterKeys });
  const blobStore = SealedBlobStore.around({ store, seal: neverWrites, keys });
  const encryption = encryptionOptions(configs.encryption, masterKeys, configs.storage);
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
const running = await orRefuse(serving, [EncryptionRefused, StorageRefused]);
tellLauncher(running.port);

function neverWrites(): never {
  throw new Error('the catalog stores no bytes');
}
