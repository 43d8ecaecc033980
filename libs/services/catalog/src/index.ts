export { CatalogConfig } from './catalog.config.js';
export type { EncryptionOptions } from './encryption/registry-encryption.js';
export { CatalogModule, type CatalogOptions } from './catalog.module.js';
