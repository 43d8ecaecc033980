export { registryGateway, type GatewayNeeds, type RegistryGateway } from './gateway.js';
export { controlPlaneForwarder } from './control/forward.js';
export { GatewayConfig } from './gateway.config.js';
