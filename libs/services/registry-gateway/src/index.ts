export { registryGateway, type GatewayNeeds, type RegistryGateway } from './gateway.js';
export { controlPlaneForwarder } from './control/forward.js';
export { SameStore } from './blobs/same-store.js';
export { GatewayConfig } from './gateway.config.js';
