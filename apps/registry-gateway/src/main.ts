import { AccessClient } from '@entrepot/access';
import { canPresign, openBlobStore, sealByKeys, SealedBlobStore, StorageRefused } from '@entrepot/blob-store';
import { lookup, tokenKeys } from '@entrepot/contracts';
import { CatalogRegistryKeys, EncryptionRefused, gatewayKeyWatch, openMasterKeys } from '@entrepot/key-management';
import { exitOnInvalid, loadConfigs } from '@entrepot/platform-config';
import {
  MasterKeyConfig,
  orRefuse,
  runService,
  ServiceConfig,
  StorageConfig,
  tellLauncher,
} from '@entrepot/platform-service';
import { controlPlaneForwarder, GatewayConfig, registryGateway, SameStore } from '@entrepot/registry-gateway';

const configs = exitOnInvalid(() =>
  loadConfigs({ service: ServiceConfig, gateway: GatewayConfig, storage: StorageConfig, keys: MasterKeyConfig }),
);

const place = exitOnInvalid(() => configs.storage.place);

const serving = runService('registry-gateway', configs.service, async ({ logger, messages, health }) => {
  const masterKeys = openMasterKeys(configs.keys);
  const keys = new CatalogRegistryKeys({ messages, masterKeys });
  const store = await openBlobStore(place);
  const handedOut = configs.gateway.directDownloads.length > 0 && canPresign(store);
  const blobs = SealedBlobStore.around({ store, seal: sealByKeys(keys, { handedOut }), keys });
  const intervalSeconds = configs.keys.keyCheckSeconds;
  const watch = gatewayKeyWatch({ messages, masterKeys, keys, logger, intervalSeconds });
  await watch.start();
  const access = new AccessClient({ messages, logger });
  const gateway = registryGateway({ config: configs.gateway, logger, messages, access, blobs });
  health.add('encryption-keys', () => watch.ready());
  const sameStore = new SameStore(messages, blobs);
  await sameStore.refuseAnother();
  health.add('blob-store', async () => {
    await blobs.checkWritable();
    await sameStore.check();
  });
  health.add('catalog', async () => void (await messages.ask(lookup, { questions: [] })));
  health.add('iam-authz', async () => void (await messages.ask(tokenKeys, {})));
  const forward = controlPlaneForwarder(messages, logger);
  await access.start();
  gateway.start();
  return {
    modules: [],
    plain: async (fastify) => {
      await fastify.register(gateway.plugin);
      await fastify.register(forward);
    },
    close: async () => {
      await gateway.stop();
      await watch.stop();
      access.stop();
    },
  };
});
const running = await orRefuse(serving, [EncryptionRefused, StorageRefused]);
tellLauncher(running.port);
