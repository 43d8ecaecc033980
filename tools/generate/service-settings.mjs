/** The help text of what only a service that runs as a process of its own has to be told; `npm start` tells its services itself. */
export async function serviceSettings() {
  const { describeSettings, formatHelp } = await import('../../libs/platform/config/dist/index.js');
  const { DatabaseConfig, ListenerConfig, ServiceConfig, StorageConfig } =
    await import('../../libs/platform/service/dist/index.js');
  const { IamConfig } = await import('../../libs/services/iam-authz/dist/iam-authz.config.js');
  const { MetricsConfig } = await import('../../libs/services/metrics/dist/metrics.config.js');
  const { RetentionConfig } = await import('../../libs/services/retention/dist/retention.config.js');
  const { ScannerConfig } = await import('../../libs/services/scanner-orchestrator/dist/scanner.config.js');
  const known = new Set(describeSettings(ListenerConfig, StorageConfig).map(({ env }) => env));
  // The one of these that npm start tells its services itself.
  known.delete('ENTREPOT_BLOB_DIR');
  const all = describeSettings(
    ServiceConfig,
    DatabaseConfig,
    StorageConfig,
    IamConfig,
    MetricsConfig,
    RetentionConfig,
    ScannerConfig,
  );
  const [, ...settings] = formatHelp(all.filter(({ env }) => !known.has(env))).split('\n\n');
  return settings.join('\n\n');
}
