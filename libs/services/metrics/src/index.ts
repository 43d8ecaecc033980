export { MetricsConfig } from './metrics.config.js';
export { MetricsModule } from './metrics.module.js';
export type { MetricsModuleOptions } from './metrics-options.js';
