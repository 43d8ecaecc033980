export { ConfigInvalid, exitOnInvalid, type ExitPort } from './config-invalid.js';
export { describeSettings, formatHelp, type SettingDescription } from './describe-settings.js';
export { loadConfig, loadConfigs, type Environment } from './load-config.js';
export { Secret } from './secret.js';
export {
  Setting,
  type ConfigClass,
  type SettingDefault,
  type SettingKind,
  type SettingOptions,
} from './setting.decorator.js';
export { unknownNames, unknownVariables } from './unknown-variables.js';
