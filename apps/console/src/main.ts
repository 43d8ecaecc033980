import { AccessClient, AccessHttpModule, hostConfig } from '@entrepot/access';
import { ConsoleConfig, ConsoleModule } from '@entrepot/console';
import { consoleHttp } from '@entrepot/contracts';
import { exitOnInvalid, loadConfigs } from '@entrepot/platform-config';
import { HostsConfig, runService, ServiceConfig, tellLauncher } from '@entrepot/platform-service';

const configs = exitOnInvalid(() => loadConfigs({ service: ServiceConfig, hosts: HostsConfig, own: ConsoleConfig }));

const running = await runService('console', configs.service, async ({ logger, messages }) => {
  const access = new AccessClient({ messages, logger });
  await access.start();
  return {
    modules: [
      AccessHttpModule.forRoot({ access, hosts: hostConfig(configs.hosts.hosts) }),
      ConsoleModule.with({ config: configs.own }),
    ],
    http: consoleHttp,
    close: async () => access.stop(),
  };
});
tellLauncher(running.port);
