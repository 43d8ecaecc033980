import { EnvironmentFailure } from '@entrepot/platform-observability';

/** The master key that wrapped a registry's key is not among those held. `why`, where its holder knows: what it says, and what to do. */
export class MasterKeyMissing extends Error {
  override readonly name = 'MasterKeyMissing';

  constructor(
    readonly masterKeyId: string,
    readonly why?: string,
    options?: ErrorOptions,
  ) {
    super(`the master key ${masterKeyId} is not held here${why === undefined ? '' : ` (${why})`}`, options);
  }
}

/** The master key is held by that name, and the wrapped key does not open with it: another key, another registry's row, or changed bytes. */
export class MasterKeyWrong extends Error {
  override readonly name = 'MasterKeyWrong';

  constructor(
    readonly masterKeyId: string,
    options?: ErrorOptions,
  ) {
    super(`the master key ${masterKeyId} does not open this registry key`, options);
  }
}

/** The key management service does not answer, or refuses us. `retryable` is false when somebody has to act first. */
export class MasterKeysUnavailable extends EnvironmentFailure {
  override readonly name = 'MasterKeysUnavailable';
}

/** The file or variable of master keys holds something else. The message never repeats what it holds. */
export class MasterKeysInvalid extends Error {
  override readonly name = 'MasterKeysInvalid';
}
