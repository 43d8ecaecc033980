import { AccessClient } from '@entrepot/access';
import { FilesystemBlobStore } from '@entrepot/blob-store';
import { lookup, tokenKeys } from '@entrepot/contracts';
import { exitOnInvalid, loadConfigs } from '@entrepot/platform-config';
import { BlobDirectoryConfig, runService, ServiceConfig, tellLauncher } from '@entrepot/platform-service';
import { controlPlaneForwarder, GatewayConfig, registryGateway } from '@entrepot/registry-gateway';

const configs = exitOnInvalid(() =>
  loadConfigs({ service: ServiceConfig, gateway: GatewayConfig, blobs: BlobDirectoryConfig }),
);

const running = await runService('registry-gateway', configs.service, async ({ logger, messages, health }) => {
  const blobs = await FilesystemBlobStore.open({ root: configs.blobs.blobDirectory });
  const access = new AccessClient({ messages, logger });
  const gateway = registryGateway({ config: configs.gateway, logger, messages, access, blobs });
  health.add('blob-store', () => blobs.checkWritable());
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
      access.stop();
    },
  };
});
tellLauncher(running.port);
