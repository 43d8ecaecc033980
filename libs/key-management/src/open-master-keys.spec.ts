import { describe, expect, it } from '@jest/globals';
import { ConfigInvalid, Secret } from '@entrepot/platform-config';
import { LocalMasterKeys } from './local/local-master-keys.js';
import { type MasterKeySettings, openMasterKeys } from './open-master-keys.js';
import { SeveralMasterKeys } from './several-master-keys.js';
import { aLine } from './spec/a-secret.js';
import { VaultMasterKeys } from './vault/vault-master-keys.js';

const base: MasterKeySettings = { kms: 'local', vaultMount: 'transit', vaultKey: 'entrepot', vaultTimeoutSeconds: 5 };
const masterKey = new Secret(aLine());
const vault = { vaultAddress: 'http://127.0.0.1:8200', vaultToken: new Secret('hvs.x') };

describe('the master keys that settings name', () => {
  it.each([
    ['none', {}, null],
    ['a file’s', { masterKey }, LocalMasterKeys],
    ['a Vault’s', { kms: 'vault', ...vault }, VaultMasterKeys],
    ['both, on the way to the Vault', { kms: 'vault', masterKey, ...vault }, SeveralMasterKeys],
    ['both, on the way back', { masterKey, ...vault }, SeveralMasterKeys],
  ])('are %s', (_, more, kind) => {
    const keys = openMasterKeys({ ...base, ...more });
    if (kind === null) expect(keys).toBeNull();
    else expect(keys).toBeInstanceOf(kind);
  });

  it.each([
    ['a Vault without an address', { kms: 'vault', masterKey }],
    ['a Vault without a token', { kms: 'vault', vaultAddress: vault.vaultAddress }],
    ['a Vault that nobody is to use', vault],
    ['authorities that are not there', { kms: 'vault', ...vault, vaultCaFile: '/absent.pem' }],
  ])('are refused for %s', (_, more) => {
    expect(() => openMasterKeys({ ...base, ...more })).toThrow(ConfigInvalid);
  });

  it('are refused when the file holds none, in words that do not repeat it', () => {
    const open = () => openMasterKeys({ ...base, masterKey: new Secret('not-a-master-key') });
    expect(open).toThrow('line 1 is not a key of 32 bytes');
    expect(open).toThrow(/^(?!.*not-a-master-key)/);
  });
});
