import { type DynamicModule, Module } from '@nestjs/common';
import type { ConsoleConfig } from './console.config.js';
import { PAGE, PageController } from './page/page.controller.js';
import { renderPage } from './page/page.js';

/** What the module needs of whoever composes it. */
export interface ConsoleModuleOptions {
  config: ConsoleConfig;
  /** Path of the OpenAPI document, where the same process serves it. Left out, the page has no link to it. */
  apiPath?: string;
}

/** Serves one page at `/`: what this is, how to log in and push. It needs no other service, so it adds no readiness check. */
@Module({})
export class ConsoleModule {
  static with({ config, apiPath }: ConsoleModuleOptions): DynamicModule {
    const url = config.publicUrl === undefined ? null : new URL(config.publicUrl);
    const page = renderPage({
      host: url?.host ?? null,
      plainHttp: url && url.protocol === 'http:',
      apiPath: apiPath ?? null,
    });
    return { module: ConsoleModule, controllers: [PageController], providers: [{ provide: PAGE, useValue: page }] };
  }
}
