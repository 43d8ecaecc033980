export { accountSubscriber, type BusUser, SERVICE_USERS, STANDALONE_USER } from './bus-users.js';
export { rootModule, runService, type ServiceComposition, type ServiceContext } from './run-service.js';
export { ServiceConfig } from './service.config.js';
