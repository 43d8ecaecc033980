export { ConsoleConfig } from './console.config.js';
export { ConsoleModule, type ConsoleModuleOptions } from './console.module.js';
