export { HostsConfig } from './hosts.config.js';
export { type Listener, listenerOf } from './listener.js';
export { ListenerConfig } from './listener.config.js';
export { accountSubscriber, type BusUser, SERVICE_USERS, STANDALONE_USER } from './bus-users.js';
export { DRAIN_SECONDS, rootModule, runService, type ServiceComposition, type ServiceContext } from './run-service.js';
export { ServiceConfig } from './service.config.js';
export { BlobDirectoryConfig, DatabaseConfig } from './storage.config.js';
export { tellLauncher } from './launcher.js';
export { unknownSettings, warnOfUnknownSettings } from './unknown-settings.js';
