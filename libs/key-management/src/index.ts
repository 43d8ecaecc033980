export { checkKeys, type KeptKey, type KeyProblem, type KeyVerdict } from './check/check-keys.js';
export { escrowSentence, problemSentence, type Sentence } from './check/problem-sentence.js';
export { EncryptionRefused } from './check/encryption-refused.error.js';
export { gatewayKeyWatch, type GatewayKeyWatchNeeds } from './check/gateway-key-watch.js';
export { KeyWatch, type KeyWatchNeeds, type KeyWatchState } from './check/key-watch.js';
export { MasterKeyMissing, MasterKeysInvalid, MasterKeysUnavailable, MasterKeyWrong } from './errors.js';
export { LocalMasterKeys } from './local/local-master-keys.js';
export type { KeyContext, MasterKeys, WrappedKey } from './master-keys.js';
export { type MasterKeySettings, openMasterKeys } from './open-master-keys.js';
export {
  CatalogRegistryKeys,
  type CatalogRegistryKeysNeeds,
  CURRENT_KEY_MS,
} from './registry/catalog-registry-keys.js';
export { newRegistryKey } from './registry/new-registry-key.js';
export { SeveralMasterKeys } from './several-master-keys.js';
export { VaultMasterKeys, type VaultSettings } from './vault/vault-master-keys.js';
