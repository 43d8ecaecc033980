import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import type { DataDirectory } from '@entrepot/platform-embedded';
import type { StandaloneConfig } from './standalone.config.js';

export interface RootKey {
  readonly accessKey: string;
  readonly secretKey: string;
}

/** The same alphabet as the keys that iam-authz makes: no character that could be misread. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * The root key pair: from the settings, else made at the first start. Kept as JSON in `secrets/root-access-key`, and the secret alone in
 * `secrets/root-secret-key`, which `docker login --password-stdin` reads; both 0600.
 */
export function rootKeyOf(config: StandaloneConfig, data: DataDirectory): RootKey {
  const file = data.secretPath('root-access-key');
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RootKey) : null;
  const key = {
    accessKey: config.rootAccessKey ?? kept?.accessKey ?? newAccessKey(),
    secretKey: config.rootSecretKey?.reveal() ?? kept?.secretKey ?? randomBytes(32).toString('base64url'),
  };
  if (kept?.accessKey !== key.accessKey || kept.secretKey !== key.secretKey) {
    write(file, JSON.stringify(key));
    write(data.secretPath('root-secret-key'), key.secretKey);
  }
  return key;
}

function newAccessKey(): string {
  return `EK${Array.from(randomBytes(18), (byte) => ALPHABET[byte % 32]).join('')}`;
}

// Written whole or not at all: a key that is half a file would lock its owner out.
function write(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
}
