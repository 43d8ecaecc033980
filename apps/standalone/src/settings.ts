import { hostConfig } from '@entrepot/access';
import { CatalogConfig } from '@entrepot/catalog';
import { IamConfig } from '@entrepot/iam-authz';
import { MetricsConfig } from '@entrepot/metrics';
import { ConfigInvalid, type Environment, loadConfigs } from '@entrepot/platform-config';
import { EncryptionConfig, StorageConfig } from '@entrepot/platform-service';
import { GatewayConfig } from '@entrepot/registry-gateway';
import { RetentionConfig } from '@entrepot/retention';
import { ScannerConfig } from '@entrepot/scanner-orchestrator';
import { StandaloneConfig } from './standalone.config.js';

/** What the suite makes itself later, in a form that every check passes. */
const MADE_LATER = {
  ENTREPOT_DATABASE_URL: 'postgres://localhost/suite',
  ENTREPOT_IAM_PEPPER: '-'.repeat(32),
  ENTREPOT_BLOB_DIR: '/blobs',
};

/**
 * The launcher's own settings, once those of every service have been read too: a wrong one is told before any server is started, and once.
 * Throws `ConfigInvalid`.
 */
export function settingsOf(env: Environment = process.env): StandaloneConfig {
  const { standalone, gateway, storage } = loadConfigs(
    {
      standalone: StandaloneConfig,
      gateway: GatewayConfig,
      iam: IamConfig,
      catalog: CatalogConfig,
      scanner: ScannerConfig,
      retention: RetentionConfig,
      metrics: MetricsConfig,
      encryption: EncryptionConfig,
      storage: StorageConfig,
    },
    { ...env, ...MADE_LATER },
  );
  checkDomains(gateway);
  // Throws what the chosen storage lacks.
  void storage.place;
  return standalone;
}

function checkDomains({ hosts }: GatewayConfig): void {
  try {
    hostConfig(hosts);
  } catch (error) {
    throw new ConfigInvalid([`ENTREPOT_PRIVATE_DOMAIN, ENTREPOT_PUBLIC_DOMAIN: ${(error as Error).message}`]);
  }
}
