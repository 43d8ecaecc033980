export { CatalogConfig } from './catalog.config.js';
export { keysCommand, type KeysPorts } from './encryption/command/keys-command.js';
export { encryptionOptions, encryptsByDefault } from './encryption/encryption-options.js';
export type { EncryptionOptions } from './encryption/registry-encryption.js';
export { storageCommand, type StoragePorts } from './store/copy/storage-command.js';
export { storeCommand, type StorePorts } from './store/store-command.js';
export { CatalogModule, type CatalogOptions } from './catalog.module.js';
