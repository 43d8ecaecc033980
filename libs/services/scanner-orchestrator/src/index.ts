export { ScannerConfig } from './scanner.config.js';
export { ScannerOrchestratorModule, type ScannerOrchestratorModuleOptions } from './scanner-orchestrator.module.js';
