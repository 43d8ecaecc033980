export { CatalogConfig } from './catalog.config.js';
export { CatalogModule, type CatalogOptions } from './catalog.module.js';
