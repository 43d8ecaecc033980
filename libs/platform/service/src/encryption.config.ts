import { type Secret, Setting } from '@entrepot/platform-config';

/** The master keys of encrypted registries: the catalog and every gateway need the same values. */
export class MasterKeyConfig {
  @Setting({
    env: 'ENTREPOT_KMS',
    kind: 'string',
    default: 'local',
    allowed: ['local', 'vault'],
    help: 'Whose master key wraps the keys of encrypted registries: one of ENTREPOT_MASTER_KEY, or the transit engine of a Vault or OpenBao.',
    edge: 'Where both are given, the other one still unwraps: that is how an installation moves.',
  })
  kms!: string;

  @Setting({
    env: 'ENTREPOT_MASTER_KEY',
    kind: 'secret',
    optional: true,
    help: 'Master keys, one a line, each 32 bytes in base64 or hex. The first wraps the keys of encrypted registries, the others only unwrap.',
    edge: 'npm start makes one in secrets/master-key below the data directory when encryption is switched on. Whoever loses it loses the registries.',
  })
  masterKey?: Secret;

  @Setting({
    env: 'ENTREPOT_VAULT_ADDRESS',
    kind: 'url',
    optional: true,
    help: 'Vault or OpenBao, for example https://vault.example:8200.',
  })
  vaultAddress?: string;

  @Setting({
    env: 'ENTREPOT_VAULT_MOUNT',
    kind: 'string',
    default: 'transit',
    min: 1,
    max: 200,
    help: 'Where its transit engine is mounted.',
  })
  vaultMount!: string;

  @Setting({
    env: 'ENTREPOT_VAULT_KEY',
    kind: 'string',
    default: 'entrepot',
    min: 1,
    max: 100,
    help: 'Name of the transit key, made with derived=true.',
  })
  vaultKey!: string;

  @Setting({ env: 'ENTREPOT_VAULT_NAMESPACE', kind: 'string', optional: true, max: 200, help: 'Its namespace.' })
  vaultNamespace?: string;

  @Setting({
    env: 'ENTREPOT_VAULT_TOKEN',
    kind: 'secret',
    optional: true,
    help: 'Token whose policy allows encrypt, decrypt, rewrap and reading the key’s name.',
    edge: 'It is not renewed here, and a new one needs a restart: a file needs none.',
  })
  vaultToken?: Secret;

  @Setting({
    env: 'ENTREPOT_VAULT_TOKEN_PATH',
    kind: 'path',
    optional: true,
    help: 'File that holds the token and is renewed by an agent: read again whenever Vault refuses the token.',
  })
  vaultTokenPath?: string;

  @Setting({
    env: 'ENTREPOT_VAULT_CA_FILE',
    kind: 'path',
    optional: true,
    help: 'Authorities (PEM) that Vault’s certificate is checked with, instead of the system’s.',
  })
  vaultCaFile?: string;

  @Setting({
    env: 'ENTREPOT_VAULT_TIMEOUT_SECONDS',
    kind: 'duration-seconds',
    default: 5,
    min: 1,
    max: 60,
    help: 'How long one request to Vault may take.',
    edge: 'After that it is tried again, four times in all; then what needs the key gets 503.',
  })
  vaultTimeoutSeconds!: number;

  @Setting({
    env: 'ENTREPOT_KEY_CHECK_SECONDS',
    kind: 'duration-seconds',
    default: 300,
    min: 1,
    max: 86_400,
    help: 'How often it is checked that the master keys open the keys of encrypted registries: all in the catalog, one of each master key in a gateway.',
    edge: 'When they do not at the start, the process refuses to start; later /readyz says so and encrypted registries answer 503.',
  })
  keyCheckSeconds!: number;
}

/** Who decides that a registry is encrypted: the catalog alone. */
export class EncryptionConfig extends MasterKeyConfig {
  @Setting({
    env: 'ENTREPOT_ENCRYPTION',
    kind: 'string',
    default: 'auto',
    allowed: ['on', 'off', 'auto'],
    help: 'Whether a new registry is encrypted at rest unless its creator says: auto is on for object storage and off for a directory.',
    edge: 'Registries that are there stay as they were made.',
  })
  encryption!: 'on' | 'off' | 'auto';

  @Setting({
    env: 'ENTREPOT_ESCROW_KEY_PATH',
    kind: 'path',
    optional: true,
    help: 'File of master keys that is held elsewhere, in the form of ENTREPOT_MASTER_KEY: checked against every registry key, used for nothing else.',
  })
  escrowKeyPath?: string;

  @Setting({
    env: 'ENTREPOT_ESCROW_CHECK_SECONDS',
    kind: 'duration-seconds',
    default: '1d',
    min: 1,
    max: 31 * 86_400,
    help: 'How often that is checked.',
    edge: 'What it does not open is logged as an error and shown by GET /api/v1/master-keys; nothing stops working.',
  })
  escrowCheckSeconds!: number;
}
