import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessClient } from '../access-client.js';
import type { HostConfig } from '../hosts/host-addressing.js';
import { AccessGuard, HOST_CONFIG } from './access.guard.js';
import { BasicKeyStrategy, BearerTokenStrategy } from './strategies.js';

/** Puts the access guard before every route of the application. Import it once, in the application's root module. */
@Module({})
export class AccessHttpModule {
  static forRoot({ access, hosts }: { access: AccessClient; hosts: HostConfig }): DynamicModule {
    return {
      module: AccessHttpModule,
      global: true,
      providers: [
        { provide: AccessClient, useValue: access },
        { provide: HOST_CONFIG, useValue: hosts },
        { provide: APP_GUARD, useClass: AccessGuard },
        BasicKeyStrategy,
        BearerTokenStrategy,
      ],
      exports: [AccessClient, HOST_CONFIG],
    };
  }
}
