import { AccessClient, AccessHttpModule, hostConfig } from '@entrepot/access';

import { exitOnInvalid, loadConfigs } from '@entrepot/platform-config';

import { DatabaseConfig, HostsConfig, runService, ServiceConfig, tellLauncher } from '@entrepot/platform-service';
import { RetentionConfig, RetentionModule } from '@entrepot/retention';

const configs = exitOnInvalid(() =>
  loadConfigs({ service: ServiceConfig, hosts: HostsConfig, rows: DatabaseConfig, own: RetentionConfig }),
);

const running = await runService('retention', configs.service, async ({ logger, messages, health }) => {
  const access = new AccessClient({ messages, logger });
  await access.start();
  const databaseUrl = configs.rows.databaseUrl.reveal();
  return {
    modules: [
      AccessHttpModule.forRoot({ access, hosts: hostConfig(configs.hosts.hosts) }),
      RetentionModule.with({ config: configs.own, logger, databaseUrl, health }),
    ],

    close: async () => access.stop(),
  };
});
tellLauncher(running.port);
