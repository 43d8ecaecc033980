import { AccessClient, AccessHttpModule, hostConfig } from '@entrepot/access';
import { metricsHttp } from '@entrepot/contracts';
import { exitOnInvalid, loadConfigs } from '@entrepot/platform-config';
import { MetricsRegistry } from '@entrepot/platform-observability';
import { DatabaseConfig, HostsConfig, runService, ServiceConfig, tellLauncher } from '@entrepot/platform-service';
import { MetricsConfig, MetricsModule } from '@entrepot/metrics';

const configs = exitOnInvalid(() =>
  loadConfigs({ service: ServiceConfig, hosts: HostsConfig, rows: DatabaseConfig, own: MetricsConfig }),
);

const running = await runService('metrics', configs.service, async ({ logger, messages, health }) => {
  const access = new AccessClient({ messages, logger });
  await access.start();
  const databaseUrl = configs.rows.databaseUrl.reveal();
  return {
    modules: [
      AccessHttpModule.forRoot({ access, hosts: hostConfig(configs.hosts.hosts) }),
      MetricsModule.with({
        config: configs.own,
        logger,
        databaseUrl,
        health,
        messages,
        metrics: new MetricsRegistry(),
      }),
    ],
    http: metricsHttp,
    hearsFacts: true,
    close: async () => access.stop(),
  };
});
tellLauncher(running.port);
