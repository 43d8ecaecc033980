import type { DynamicModule } from '@nestjs/common';
import { CatalogModule } from '@entrepot/catalog';
import { IamAuthzModule, IamConfig } from '@entrepot/iam-authz';
import { loadConfig } from '@entrepot/platform-config';
import { MetricsModule } from '@entrepot/metrics';
import { RetentionModule } from '@entrepot/retention';
import { ScannerOrchestratorModule } from '@entrepot/scanner-orchestrator';

const UNUSED_IAM = { config: loadConfig(IamConfig, { ENTREPOT_IAM_PEPPER: '-'.repeat(32) }) };

/** The modules whose controllers make the management API, for their decorators only: what they are composed with is never used. */
export function controlPlaneModules(): DynamicModule[] {
  const options = anything() as never;
  return [
    // It derives keys when it is composed, so its pepper must be one.
    IamAuthzModule.forRoot({
      ...UNUSED_IAM,
      database: options,
      messages: options,
      access: options,
      hosts: options,
      logger: options,
    }),
    CatalogModule.with(options),
    ScannerOrchestratorModule.with(options),
    RetentionModule.with(options),
    MetricsModule.with(options),
  ];
}

/** Whatever is read from it, called or constructed is the same thing again; it is empty as a text. */
function anything(): unknown {
  const nothing: unknown = new Proxy(class {}, {
    get: (_target, name) => (name === 'then' ? undefined : name === Symbol.toPrimitive ? () => '' : nothing),
    apply: () => nothing,
    construct: () => nothing as object,
  });
  return nothing;
}
