import { AccessClient, AccessHttpModule, hostConfig } from '@entrepot/access';
import { scannerHttp } from '@entrepot/contracts';
import { exitOnInvalid, loadConfigs } from '@entrepot/platform-config';

import { DatabaseConfig, HostsConfig, runService, ServiceConfig, tellLauncher } from '@entrepot/platform-service';
import { ScannerConfig, ScannerOrchestratorModule } from '@entrepot/scanner-orchestrator';

const configs = exitOnInvalid(() =>
  loadConfigs({ service: ServiceConfig, hosts: HostsConfig, rows: DatabaseConfig, own: ScannerConfig }),
);

const running = await runService('scanner-orchestrator', configs.service, async ({ logger, messages, health }) => {
  const access = new AccessClient({ messages, logger });
  await access.start();
  const databaseUrl = configs.rows.databaseUrl.reveal();
  return {
    modules: [
      AccessHttpModule.forRoot({ access, hosts: hostConfig(configs.hosts.hosts) }),
      ScannerOrchestratorModule.with({ config: configs.own, logger, databaseUrl, health }),
    ],
    http: scannerHttp,
    hearsFacts: true,
    close: async () => access.stop(),
  };
});
tellLauncher(running.port);
