import { Module, type DynamicModule } from '@nestjs/common';
import { AccessHttpModule, type AccessClient, type HostConfig } from '@entrepot/access';
import type { MessageClient } from '@entrepot/platform-messaging';
import { Database } from '@entrepot/platform-persistence';
import { AccessKeysController } from './access-keys/access-keys.controller.js';
import { AccessKeysService } from './access-keys/access-keys.service.js';
import { Pepper } from './access-keys/secret-mac.js';
import { AccountsController } from './accounts/accounts.controller.js';
import { AccountsService } from './accounts/accounts.service.js';
import { BootstrapService } from './accounts/bootstrap.service.js';
import { EpochBeat } from './accounts/epoch-beat.service.js';
import { EpochsHandler } from './accounts/epochs.handler.js';
import { IamChanges } from './accounts/iam-changes.service.js';
import type { Clock } from './clock.js';
import { AttemptLimiter } from './credentials/attempt-limiter.js';
import { CredentialsHandler } from './credentials/credentials.handler.js';
import { CredentialsService } from './credentials/credentials.service.js';
import { LoginEvents } from './credentials/login-events.js';
import type { IamConfig } from './iam-authz.config.js';
import { IamHosts } from './iam-hosts.js';
import { IamLifecycle } from './iam-lifecycle.service.js';
import { AttachmentsController } from './policies/attachments.controller.js';
import { AttachmentsService } from './policies/attachments.service.js';
import { PoliciesController } from './policies/policies.controller.js';
import { PoliciesService } from './policies/policies.service.js';
import { SimulateService } from './policies/simulate.service.js';
import { IAM_LOGGER, type IamLogger } from './ports.js';
import { JwksController } from './tokens/jwks.controller.js';
import { KeyRotation } from './tokens/key-rotation.service.js';
import { RefreshTokens } from './tokens/refresh-token.js';
import { ScopeGrants } from './tokens/scope-grants.service.js';
import { SigningKeys } from './tokens/signing-keys.service.js';
import { TokenController } from './tokens/token.controller.js';
import { TokenService } from './tokens/token.service.js';
import { UsersController } from './users/users.controller.js';
import { UsersService } from './users/users.service.js';
import { WhoamiController } from './users/whoami.controller.js';

/** What the service needs from whoever composes it. */
export interface IamAuthzOptions {
  config: IamConfig;
  /** Opened with `iamSchema`, and migrated; the composer closes it. */
  database: Database;
  messages: MessageClient;
  /** Guards the REST routes; started and stopped by the composer. */
  access: AccessClient;
  hosts: HostConfig;
  logger: IamLogger;
  clock?: Clock;
}

/** The service's REST, token endpoint and handlers, and the objects behind them. */
@Module({})
export class IamAuthzModule {
  static forRoot(options: IamAuthzOptions): DynamicModule {
    const { access, hosts } = options;
    return {
      module: IamAuthzModule,
      imports: [AccessHttpModule.forRoot({ access, hosts })],
      controllers: [
        TokenController,
        JwksController,
        WhoamiController,
        AccountsController,
        UsersController,
        AttachmentsController,
        AccessKeysController,
        PoliciesController,
        CredentialsHandler,
        EpochsHandler,
      ],
      providers: providersOf(options),
      exports: [BootstrapService],
    };
  }
}

// The services know no Nest: here alone they are put together.
function providersOf({ config, database, messages, hosts, logger, clock = () => new Date() }: IamAuthzOptions) {
  const pepper = new Pepper(config.pepper);
  const beat = new EpochBeat(database, messages, logger);
  const changes = new IamChanges(database, beat);
  const events = new LoginEvents(database, logger, clock);
  const credentials = new CredentialsService(database, pepper, new AttemptLimiter(), events, logger, clock);
  const keys = new SigningKeys(database, pepper);
  const rotation = new KeyRotation(database, pepper, config.tokenKeyLifetimeSeconds, logger, clock);
  const grants = new ScopeGrants(messages);
  const tokens = new TokenService(database, credentials, grants, keys, new RefreshTokens(pepper), clock);
  const users = new UsersService(database, changes, clock);
  const accessKeys = new AccessKeysService(database, changes, pepper, clock);
  const accounts = new AccountsService(database, changes, accessKeys, pepper, messages, clock);
  const attachments = new AttachmentsService(database, changes);
  const bootstrap = new BootstrapService(database, pepper, clock);
  const lifecycle = new IamLifecycle(config, bootstrap, rotation, keys, beat, events);
  return [
    { provide: IAM_LOGGER, useValue: logger },
    { provide: Database, useValue: database },
    { provide: IamHosts, useValue: new IamHosts(hosts) },
    { provide: CredentialsService, useValue: credentials },
    { provide: SigningKeys, useValue: keys },
    { provide: TokenService, useValue: tokens },
    { provide: AccountsService, useValue: accounts },
    { provide: UsersService, useValue: users },
    { provide: AttachmentsService, useValue: attachments },
    { provide: AccessKeysService, useValue: accessKeys },
    { provide: PoliciesService, useValue: new PoliciesService(database, changes, clock) },
    { provide: SimulateService, useValue: new SimulateService(users, attachments, clock) },
    { provide: BootstrapService, useValue: bootstrap },
    { provide: IamLifecycle, useValue: lifecycle },
  ];
}
