export { RetentionConfig } from './retention.config.js';
export { RetentionModule, type RetentionModuleOptions } from './retention.module.js';
