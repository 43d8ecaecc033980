import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { BootstrapService } from './accounts/bootstrap.service.js';
import type { EpochBeat } from './accounts/epoch-beat.service.js';
import type { LoginEvents } from './credentials/login-events.js';
import type { IamConfig } from './iam-authz.config.js';
import type { KeyRotation } from './tokens/key-rotation.service.js';
import type { SigningKeys } from './tokens/signing-keys.service.js';

/** What happens when the service starts and stops. */
export class IamLifecycle implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly config: IamConfig,
    private readonly bootstrap: BootstrapService,
    private readonly rotation: KeyRotation,
    private readonly keys: SigningKeys,
    private readonly beat: EpochBeat,
    private readonly events: LoginEvents,
  ) {}

  /** The policies, the account and the root key first, so that whoever is told "ready" can log in. */
  async onModuleInit(): Promise<void> {
    // A wrong pepper must be noticed before it is used on the root key.
    await this.keys.reload();
    await this.bootstrap.ensureSystemPolicies();
    await this.bootstrap.ensureDefaultAccount();
    const { rootAccessKey, rootSecretKey } = this.config;
    if (rootAccessKey && rootSecretKey) {
      await this.bootstrap.ensureRoot({ accessKey: rootAccessKey, secretKey: rootSecretKey.reveal() });
    }
    await this.rotation.start(() => this.keys.reload());
    this.beat.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.rotation.stop();
    await this.beat.stop();
    await this.events.idle();
  }
}
