import { Setting, type Secret } from '@entrepot/platform-config';

/** Settings of `iam-authz`. */
export class IamConfig {
  @Setting({
    env: 'ENTREPOT_IAM_PEPPER',
    kind: 'secret',
    min: 32,
    max: 1024,
    help: 'Key of the keyed hashes of access-key secrets, and of the encryption of the signing keys; 32 random characters or more.',
    edge: 'Another value than before makes every access key and every token invalid.',
  })
  pepper!: Secret;

  @Setting({
    env: 'ENTREPOT_ROOT_ACCESS_KEY',
    kind: 'string',
    optional: true,
    min: 3,
    max: 128,
    help: 'Id of the access key of user root of account default, made or changed at start.',
    edge: 'Not set: no root key is made.',
  })
  rootAccessKey?: string;

  @Setting({
    env: 'ENTREPOT_ROOT_SECRET_KEY',
    kind: 'secret',
    optional: true,
    min: 8,
    max: 512,
    help: 'Secret of the root access key.',
    edge: 'Changed: the new one counts from the next start, within a second.',
  })
  rootSecretKey?: Secret;

  @Setting({
    env: 'ENTREPOT_TOKEN_KEY_LIFETIME',
    kind: 'duration-seconds',
    default: '7d',
    min: 3600,
    max: 31_536_000,
    help: 'How long one key signs access tokens before the next one is published.',
  })
  tokenKeyLifetimeSeconds!: number;
}
