import { Controller, Get, Inject, Res, type DynamicModule } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HealthRegistry, type Readiness } from '@entrepot/platform-observability';
import type { FastifyReply } from 'fastify';

/** Where the probes ask. */
export const HEALTH_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** The probes of whoever runs the process. They need no login and tell no more than names of dependencies. */
@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(@Inject(HealthRegistry) private readonly health: HealthRegistry) {}

  /** 200 as long as the process runs: a dependency that is away is no reason to restart us. */
  @Get('healthz')
  alive(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 200, or 503 naming each thing that is missing. */
  @Get('readyz')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.health.check();
    void reply.status(readiness.ready ? 200 : 503);
    return readiness;
  }
}

class HealthModule {}

/** The probes over one registry of checks, which the module also exports for others to add theirs. */
export function healthModule(registry: HealthRegistry): DynamicModule {
  return {
    module: HealthModule,
    global: true,
    controllers: [HealthController],
    providers: [{ provide: HealthRegistry, useValue: registry }],
    exports: [HealthRegistry],
  };
}
