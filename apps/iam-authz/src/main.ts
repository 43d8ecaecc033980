import { AccessClient, hostConfig } from '@entrepot/access';
import { iamHttp } from '@entrepot/contracts';
import { IamAuthzModule, IamConfig, iamSchema } from '@entrepot/iam-authz';
import { exitOnInvalid, loadConfigs } from '@entrepot/platform-config';
import { BusLink, OutboxRelay } from '@entrepot/platform-messaging';
import { Database } from '@entrepot/platform-persistence';
import { DatabaseConfig, HostsConfig, runService, ServiceConfig, tellLauncher } from '@entrepot/platform-service';
import { renewIncarnationHere } from './renew-incarnation.js';

// A command of the operator's, not the service.
if (process.argv.includes('--renew-incarnation')) process.exit(await renewIncarnationHere());

const configs = exitOnInvalid(() =>
  loadConfigs({ service: ServiceConfig, hosts: HostsConfig, rows: DatabaseConfig, iam: IamConfig }),
);

const running = await runService('iam-authz', configs.service, async ({ logger, messages, bus, health }) => {
  const database = await Database.open({ ...iamSchema, url: configs.rows.databaseUrl.reveal(), logger, poolSize: 8 });
  await database.migrate();
  health.add('iam-authz-database', () => database.ping());
  const relay = new OutboxRelay({ database, link: await BusLink.open(bus), logger });
  const access = new AccessClient({ messages, logger });
  const hosts = hostConfig(configs.hosts.hosts);
  relay.start();
  return {
    modules: [IamAuthzModule.forRoot({ config: configs.iam, database, messages, access, hosts, logger })],
    http: iamHttp,
    // It asks itself over the bus, so it can listen to itself only once it answers.
    started: () => access.start(),
    close: async () => {
      access.stop();
      await relay.stop();
      await database.close();
    },
  };
});
tellLauncher(running.port);
